/** Answers Fetch, FetchSnapshot and DescribeQuorum as the leader. */
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import { LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { METADATA_TOPIC_ID, ZERO_UUID } from '../protocol/uuid.ts';
import { FetchPurgatory, type WaitingFetch } from './fetch-purgatory.ts';
import type { ReplicaProgress } from './leader-progress.ts';
import type { Leadership } from './leadership.ts';
import {
  fetchResponse,
  fetchSnapshotResponse,
  isOwnCluster,
  leaderRequestError,
  METADATA_TOPIC,
  onlyPartition,
} from './messages.ts';
import type { RaftRequest } from './options.ts';
import type { Quorum } from './quorum.ts';

const SNAPSHOT_PIECE_BYTES = 500;
const NO_RECORDS = new Uint8Array(0);

/** Is this Fetch for the metadata log? */
export function isMetadataFetch(body: RequestTypes['Fetch']): boolean {
  const topic = body.topics[0];
  return topic !== undefined && (topic.topicId === METADATA_TOPIC_ID || topic.topic === METADATA_TOPIC);
}

export class FetchServer {
  readonly purgatory: FetchPurgatory;
  readonly #quorum: Quorum;
  #leadership: Leadership | null = null;

  constructor(quorum: Quorum) {
    this.#quorum = quorum;
    this.purgatory = new FetchPurgatory((fetch, isExpired) => this.#tryComplete(fetch, isExpired));
  }

  connect(leadership: Leadership): void {
    this.#leadership = leadership;
  }

  handleFetch(request: RaftRequest, body: RequestTypes['Fetch']): void {
    if (!isOwnCluster(this.#quorum, body.clusterId)) {
      return request.respond({ errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID });
    }
    const partition = body.topics[0]?.partitions[0];
    if (body.topics.length !== 1 || partition === undefined || partition.partition !== 0) {
      return request.respond({ errorCode: ErrorCode.INVALID_REQUEST });
    }
    const { currentLeaderEpoch, fetchOffset, lastFetchedEpoch, highWatermark } = partition;
    const isInvalid =
      body.maxWaitMs < 0 ||
      fetchOffset < 0 ||
      lastFetchedEpoch < 0 ||
      (currentLeaderEpoch >= 0 && lastFetchedEpoch > currentLeaderEpoch);
    if (isInvalid) return this.#reject(request, ErrorCode.INVALID_REQUEST);
    const fetch: WaitingFetch = {
      request,
      replicaId: body.replicaState.replicaId >= 0 ? body.replicaState.replicaId : body.replicaId,
      directoryId: partition.replicaDirectoryId,
      epoch: LeaderEpoch(currentLeaderEpoch),
      offset: Offset(fetchOffset),
      lastFetchedEpoch: LeaderEpoch(lastFetchedEpoch),
      maxBytes: Math.max(0, body.maxBytes),
      // Who does not say what it knows (before version 18) is told of what is reached from now on.
      knownHighWatermark: Offset(Math.min(highWatermark, this.#highWatermark())),
      deadlineMs: this.#quorum.nowMs() + body.maxWaitMs,
    };
    const isDue = body.maxWaitMs === 0 || this.#quorum.env.random.sometimes('raft/early-fetch-answer', 16);
    if (!this.#tryComplete(fetch, isDue, true)) this.purgatory.add(fetch);
  }

  #reject(request: RaftRequest, errorCode: number): void {
    const response = fetchResponse(this.#quorum, { errorCode, highWatermark: NONE });
    this.#quorum.gate.output(() => request.respond(response));
  }

  /** Answers if there is something to say, or it must. `isNew`: the replica has just told its position. */
  #tryComplete(fetch: WaitingFetch, mustAnswer: boolean, isNew = false): boolean {
    const quorum = this.#quorum;
    const error = leaderRequestError(quorum, fetch.epoch);
    const { role, log } = quorum;
    if (error !== ErrorCode.NONE || role.name !== 'leader') {
      this.#reject(fetch.request, error);
      return true;
    }
    const check = log.check(fetch.offset, fetch.lastFetchedEpoch);
    if (check.kind === 'diverging') {
      const divergingEpoch = { epoch: check.end.epoch, endOffset: check.end.offset };
      return this.#answer(fetch, { divergingEpoch });
    }
    // A replica that begins from nothing begins with the snapshot, if there is one.
    const snapshot = check.kind === 'snapshot' ? check.id : fetch.offset === 0 ? log.latestSnapshot : null;
    if (snapshot !== null) return this.#answer(fetch, { snapshotId: { endOffset: snapshot.offset, epoch: snapshot.epoch } });

    if (isNew && fetch.replicaId >= 0 && fetch.replicaId !== quorum.self) this.#recordFetch(fetch);
    if (fetch.offset < log.endOffset) {
      const maxBytes = quorum.env.random.sometimes('raft/short-read') ? 1 : fetch.maxBytes;
      return this.#answer(fetch, { records: log.read(fetch.offset, maxBytes, 'log-end').records });
    }
    const isNews = this.#highWatermark() > fetch.knownHighWatermark;
    return mustAnswer || isNews ? this.#answer(fetch, {}) : false;
  }

  /** As the leader knows it; -1: nothing of its epoch is committed. */
  #highWatermark(): Offset {
    const { role } = this.#quorum;
    return role.name === 'leader' ? (role.progress.highWatermark ?? NONE) : NONE;
  }

  #recordFetch(fetch: WaitingFetch): void {
    const { role, log, env } = this.#quorum;
    if (role.name !== 'leader') return;
    const nowMs = this.#quorum.nowMs();
    const hasAdvanced = role.progress.recordFetch(
      fetch.replicaId,
      fetch.directoryId,
      fetch.offset,
      log.endOffset,
      nowMs,
      env.clock.wallMs(),
    );
    this.#leadership?.recordContact(role, fetch.replicaId, nowMs);
    if (hasAdvanced) this.#leadership?.commit(role);
  }

  #answer(
    fetch: WaitingFetch,
    content: {
      readonly records?: Uint8Array;
      readonly divergingEpoch?: { readonly epoch: LeaderEpoch; readonly endOffset: Offset };
      readonly snapshotId?: { readonly epoch: LeaderEpoch; readonly endOffset: Offset };
    },
  ): boolean {
    const highWatermark = this.#highWatermark();
    const response = fetchResponse(this.#quorum, { errorCode: ErrorCode.NONE, highWatermark, ...content });
    this.#quorum.gate.output(() => fetch.request.respond(response));
    return true;
  }

  handleFetchSnapshot(request: RaftRequest, body: RequestTypes['FetchSnapshot']): void {
    const quorum = this.#quorum;
    if (!isOwnCluster(quorum, body.clusterId)) {
      return request.respond({ errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID });
    }
    const asked = onlyPartition(body.topics);
    if (asked === null) {
      return request.respond(fetchSnapshotResponse(quorum, { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }));
    }
    const respond = (partition: Parameters<typeof fetchSnapshotResponse>[1]): void => {
      const response = fetchSnapshotResponse(quorum, partition);
      quorum.gate.output(() => request.respond(response));
    };
    const errorCode = leaderRequestError(quorum, LeaderEpoch(asked.currentLeaderEpoch));
    const { role } = quorum;
    if (errorCode !== ErrorCode.NONE || role.name !== 'leader') return respond({ errorCode });
    const id = { offset: Offset(asked.snapshotId.endOffset), epoch: LeaderEpoch(asked.snapshotId.epoch) };
    if (!quorum.log.hasSnapshot(id)) return respond({ errorCode: ErrorCode.SNAPSHOT_NOT_FOUND });
    const file = quorum.log.snapshots.open(id);
    const size = file.size;
    const isInside = asked.position >= 0 && asked.position < size;
    const mostBytes = quorum.env.random.sometimes('raft/snapshot-in-pieces') ? SNAPSHOT_PIECE_BYTES : size;
    const length = Math.min(Math.max(0, body.maxBytes), mostBytes, size - asked.position);
    const unalignedRecords = isInside ? file.read(asked.position, length) : NO_RECORDS;
    file.close();
    if (!isInside) return respond({ errorCode: ErrorCode.POSITION_OUT_OF_RANGE });
    this.#leadership?.recordContact(role, body.replicaId, quorum.nowMs());
    respond({ errorCode: ErrorCode.NONE, snapshotId: asked.snapshotId, size, position: asked.position, unalignedRecords });
  }

  handleDescribe(request: RaftRequest, body: RequestTypes['DescribeQuorum']): void {
    const quorum = this.#quorum;
    const { role } = quorum;
    const isKnown = onlyPartition(body.topics) !== null;
    if (!isKnown || role.name !== 'leader') {
      const errorCode = isKnown ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      const errorMessage = isKnown ? 'This node does not lead the quorum.' : 'Only the metadata log has a quorum.';
      const topics = body.topics.map((topic) => ({
        topicName: topic.topicName,
        partitions: topic.partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, errorMessage })),
      }));
      return request.respond({ topics });
    }
    const nowMs = quorum.nowMs();
    const wallMs = quorum.env.clock.wallMs();
    // The voters of a static quorum are known by node id alone (KIP-853).
    const describe = (replica: ReplicaProgress, isVoter: boolean) => {
      const isSelf = replica.id === quorum.self;
      return {
        replicaId: replica.id,
        replicaDirectoryId: isVoter ? ZERO_UUID : replica.directoryId,
        logEndOffset: isSelf ? quorum.log.endOffset : (replica.endOffset ?? -1),
        lastFetchTimestamp: isSelf ? wallMs : replica.lastFetchTimestamp,
        lastCaughtUpTimestamp: isSelf ? wallMs : replica.lastCaughtUpTimestamp,
      };
    };
    const partition = {
      partitionIndex: 0,
      errorCode: ErrorCode.NONE,
      leaderId: quorum.self,
      leaderEpoch: role.epoch,
      highWatermark: role.progress.highWatermark ?? -1,
      currentVoters: role.progress.voterStates().map((voter) => describe(voter, true)),
      observers: role.progress.observerStates(nowMs).map((observer) => describe(observer, false)),
    };
    const nodes = Array.from(quorum.voters, ({ id, host, port }) => ({
      nodeId: id,
      listeners: [{ name: 'CONTROLLER', host, port }],
    }));
    request.respond({ topics: [{ topicName: METADATA_TOPIC, partitions: [partition] }], nodes });
  }
}
