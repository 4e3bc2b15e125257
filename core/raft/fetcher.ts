/** How a follower or an observer keeps up: fetches, truncations, snapshots from the leader. */
import { lesser } from '../../ports/brand.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { type BrokerId, LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import type { Draft } from '../protocol/schema.ts';
import { METADATA_TOPIC_ID } from '../protocol/uuid.ts';
import type { Elections } from './elections.ts';
import { METADATA_TOPIC } from './messages.ts';
import type { Peers } from './peers.ts';
import type { Quorum } from './quorum.ts';
import { type Follower, roleName, type Unattached } from './roles.ts';
import { SnapshotDownload } from './snapshot-download.ts';
import { decodeSnapshot } from './snapshot-format.ts';
import { isSettledByEpoch } from './transitions.ts';
import { comparePositions, type OffsetAndEpoch } from './types.ts';

const MAX_WAIT_MS = 500;
/** The first version that says which epoch the last record has, and is told where logs diverge. */
const DIVERGING_EPOCH_VERSION = 12;

export class Fetcher {
  readonly #quorum: Quorum;
  readonly #peers: Peers;
  readonly #elections: Elections;
  readonly #onHighWatermark: () => void;
  /** The high watermark to take when what came with it is durable; -1: none. */
  #announced: Offset = NONE;

  constructor(quorum: Quorum, peers: Peers, elections: Elections, onHighWatermark: () => void) {
    this.#quorum = quorum;
    this.#peers = peers;
    this.#elections = elections;
    this.#onHighWatermark = onHighWatermark;
  }

  /** Returns when to look again (monotonic ms). */
  pollFollower(role: Follower, nowMs: number): number {
    const isLate = nowMs >= role.fetchDeadlineMs;
    if (isLate && this.#quorum.isVoter) {
      this.#elections.becomeProspective(1);
      return nowMs;
    }
    // An observer that can't reach the leader asks the other voters who leads.
    if (isLate || (!this.#quorum.isVoter && this.#peers.readyAt(role.leaderId) > nowMs && !this.#peers.hasAnyInFlight)) {
      return this.#askAnyVoter(nowMs);
    }
    return Math.min(role.fetchDeadlineMs, this.#fetchFromLeader(role, nowMs));
  }

  pollObserver(_role: Unattached, nowMs: number): number {
    return this.#askAnyVoter(nowMs);
  }

  #askAnyVoter(nowMs: number): number {
    if (this.#peers.hasAnyInFlight) return Number.POSITIVE_INFINITY;
    const voter = this.#peers.anyReady(nowMs);
    if (voter === null) return this.#peers.earliestReadyAt();
    this.#sendFetch(voter.id);
    return Number.POSITIVE_INFINITY;
  }

  #fetchFromLeader(role: Follower, nowMs: number): number {
    const { log } = this.#quorum;
    const isPublishing = role.download?.isPublishing === true;
    // A voter asks for an offset only when all below is on its disk: the leader counts the request as its promise.
    const mustFlush = this.#quorum.isVoter && !log.isFlushed;
    if (mustFlush) log.flush();
    if (mustFlush || isPublishing) return Number.POSITIVE_INFINITY;
    const readyAtMs = this.#peers.readyAt(role.leaderId);
    if (readyAtMs > nowMs) return readyAtMs;
    if (role.download !== null) this.#sendFetchSnapshot(role, role.download);
    else this.#sendFetch(role.leaderId);
    return Number.POSITIVE_INFINITY;
  }

  #sendFetch(voterId: BrokerId): void {
    const quorum = this.#quorum;
    const position = quorum.log.endPosition;
    const partition = {
      partition: 0,
      currentLeaderEpoch: quorum.epoch,
      fetchOffset: position.offset,
      lastFetchedEpoch: position.epoch,
      logStartOffset: -1,
      partitionMaxBytes: 0,
      replicaDirectoryId: quorum.options.directoryId,
      // The leader answers at once when it knows of a higher one (KIP-1166).
      highWatermark: quorum.log.highWatermark,
    };
    const body: Draft<RequestTypes['Fetch']> = {
      clusterId: quorum.options.clusterId,
      // Before version 15.
      replicaId: quorum.self,
      replicaState: { replicaId: quorum.self, replicaEpoch: -1 },
      maxWaitMs: MAX_WAIT_MS,
      minBytes: 0,
      maxBytes: quorum.options.config['controller.quorum.fetch.max.bytes'],
      topics: [{ topic: METADATA_TOPIC, topicId: METADATA_TOPIC_ID, partitions: [partition] }],
    };
    this.#peers.send(voterId, 'Fetch', body, (response) => this.#handleFetchAnswer(position, response), {
      minVersion: DIVERGING_EPOCH_VERSION,
    });
  }

  #handleFetchAnswer(asked: OffsetAndEpoch, response: ResponseTypes['Fetch']): boolean {
    const quorum = this.#quorum;
    if (response.errorCode !== ErrorCode.NONE) return false;
    const answer = response.responses[0]?.partitions[0];
    if (answer === undefined) return false;
    const { leaderId } = answer.currentLeader;
    const leaderEpoch = LeaderEpoch(answer.currentLeader.leaderEpoch);
    const before = quorum.leaderAndEpoch;
    if (isSettledByEpoch(quorum, answer.errorCode, leaderId, leaderEpoch)) {
      // Who does not lead and knows no more than this node will know no more at once: to ask on without a back-off, as Kafka's
      // observers do while they can't reach the leader, is a loop at the speed of the network.
      return quorum.leaderId !== before.leaderId || quorum.epoch !== before.epoch;
    }
    if (answer.errorCode !== ErrorCode.NONE) return false;
    const { role, log } = quorum;
    if (role.name !== 'follower') return true;
    role.hasFetched = true;
    this.#resetFetchTimeout(role);
    // An answer to a question of another log than the one there is now proves that the leader lives, and no more.
    const isCurrent = comparePositions(asked, log.endPosition) === 0 && role.download === null;
    if (!isCurrent || quorum.gate.isWriting) return true;
    if (answer.divergingEpoch.epoch >= 0) {
      this.#truncate(role, toPosition(answer.divergingEpoch));
      return true;
    }
    const { snapshotId } = answer;
    if (snapshotId.epoch >= 0 && snapshotId.endOffset >= 0) {
      this.#beginDownload(role, toPosition(snapshotId));
      return true;
    }
    const { records } = answer;
    if (records !== null && records.length > 0) {
      if (!log.appendAsFollower(records)) return false;
      log.flush();
    }
    this.#announced = Offset(answer.highWatermark);
    this.applyHighWatermark();
    return true;
  }

  /**
   * Cuts this log where it ceases to be the leader's. Where that lies below what this node knows to be committed, a majority was
   * counted of which some have lost what they had stored: this node may be the last that has it. It ends, as Kafka's does
   * (KafkaRaftClient.handleFetchResponse, the fatal fault handler of KafkaRaftClientDriver), and does not forget by itself; who
   * starts it again decides for the leader's log, for a high watermark is not stored.
   */
  #truncate(role: Follower, end: OffsetAndEpoch): void {
    const { log, env } = this.#quorum;
    const to = log.commonEnd(end);
    const { highWatermark } = log;
    if (to >= highWatermark) return log.truncateTo(to);
    const { epoch, leaderId } = role;
    env.tracer.emit({ type: 'quorum-truncation-refused', epoch, leaderId, to, highWatermark });
    this.#quorum.halt(
      `node ${leaderId}, which leads the metadata quorum in epoch ${epoch}, has the metadata log up to offset ${to} only, but up to ${highWatermark} it was committed: voters have lost what they had stored`,
    );
  }

  #resetFetchTimeout(role: Follower): void {
    role.fetchDeadlineMs = this.#quorum.nowMs() + this.#quorum.options.config['controller.quorum.fetch.timeout.ms'];
  }

  /** A follower takes the leader's high watermark, up to what it holds itself (a voter: durably). */
  applyHighWatermark(): void {
    const { role, log, env, isVoter } = this.#quorum;
    if (role.name !== 'follower') return;
    const from = log.highWatermark;
    const held = isVoter ? log.flushedOffset : log.endOffset;
    const to = lesser(this.#announced, held);
    if (to <= from) return;
    log.updateHighWatermark(to);
    env.tracer.emit({
      type: 'quorum-high-watermark-advanced',
      role: roleName(role, isVoter),
      epoch: role.epoch,
      from,
      to,
      epochStartOffset: -1,
      voters: this.#quorum.voters.ids,
    });
    this.#onHighWatermark();
  }

  /** The role has changed: nothing that an earlier leader said is waiting any more. */
  stop(from: Follower | null): void {
    this.#announced = NONE;
    from?.download?.abandon();
  }

  #beginDownload(role: Follower, id: OffsetAndEpoch): void {
    const { log } = this.#quorum;
    if (log.hasSnapshot(id)) return;
    role.download = new SnapshotDownload(log.createSnapshot(id));
  }

  #sendFetchSnapshot(role: Follower, download: SnapshotDownload): void {
    const quorum = this.#quorum;
    const partition = {
      partition: 0,
      currentLeaderEpoch: role.epoch,
      snapshotId: { endOffset: download.id.offset, epoch: download.id.epoch },
      position: download.position,
      replicaDirectoryId: quorum.options.directoryId,
    };
    const body: Draft<RequestTypes['FetchSnapshot']> = {
      clusterId: quorum.options.clusterId,
      replicaId: quorum.self,
      maxBytes: quorum.options.config['controller.quorum.fetch.snapshot.max.bytes'],
      topics: [{ name: METADATA_TOPIC, partitions: [partition] }],
    };
    this.#peers.send(role.leaderId, 'FetchSnapshot', body, (response) => this.#handleSnapshotAnswer(role, download, response));
  }

  #handleSnapshotAnswer(role: Follower, download: SnapshotDownload, response: ResponseTypes['FetchSnapshot']): boolean {
    if (response.errorCode !== ErrorCode.NONE) return false;
    const answer = response.topics[0]?.partitions[0];
    if (answer === undefined) return false;
    const { leaderId, leaderEpoch } = answer.currentLeader;
    if (isSettledByEpoch(this.#quorum, answer.errorCode, leaderId, LeaderEpoch(leaderEpoch))) return true;
    if (this.#quorum.role !== role || role.download !== download || download.isPublishing) return true;
    this.#resetFetchTimeout(role);
    const isThatSnapshot = answer.snapshotId.endOffset === download.id.offset && answer.snapshotId.epoch === download.id.epoch;
    if (answer.errorCode !== ErrorCode.NONE || !isThatSnapshot) {
      this.#abandon(role, download);
      return answer.errorCode === ErrorCode.SNAPSHOT_NOT_FOUND;
    }
    if (answer.position !== download.position) return false;
    download.partial.append(answer.unalignedRecords);
    if (download.position < answer.size) return true;
    if (decodeSnapshot(download.id, download.partial.content()) === null) {
      this.#abandon(role, download);
      return false;
    }
    this.#publish(role, download);
    return true;
  }

  #abandon(role: Follower, download: SnapshotDownload): void {
    download.abandon();
    role.download = null;
  }

  /** The snapshot becomes durable first, then the log begins anew at its end. */
  #publish(role: Follower, download: SnapshotDownload): void {
    const quorum = this.#quorum;
    download.isPublishing = true;
    quorum.gate.hold();
    download.partial.publish((error) => {
      if (quorum.isClosed) return;
      if (error !== null) return quorum.fail(error);
      quorum.gate.output(() => {
        role.download = null;
        quorum.log.addSnapshot(download.id);
        quorum.log.startAtLatestSnapshot();
        this.#resetFetchTimeout(role);
        this.#onHighWatermark();
      });
      quorum.gate.release();
    });
  }
}

function toPosition({ epoch, endOffset }: { readonly epoch: number; readonly endOffset: number }): OffsetAndEpoch {
  return { offset: Offset(endOffset), epoch: LeaderEpoch(epoch) };
}
