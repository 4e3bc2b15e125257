/**
 * Fetches from one leader broker for all partitions that this broker follows there (Kafka's ReplicaFetcherThread): one request
 * at a time, in an incremental session.
 */
import type { Environment } from '../environment.ts';
import { invariant } from '../../ports/invariant.ts';
import type { Timer } from '../../ports/time.ts';
import { StorageError } from '../log/types.ts';
import { replicaFetchVersion, replicaListOffsetsVersion } from '../metadata/metadata-version.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { FetchResponse, FetchResponsePartitionData } from '../protocol/messages/fetch-response.ts';
import type { ListOffsetsResponse } from '../protocol/messages/list-offsets-response.ts';
import { type BrokerEpoch, type BrokerId, LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { type FetchRequestBody, FetchSessionHandler, type FetchTarget, targetKey } from './fetch-session-handler.ts';
import type { AskedFetch } from './follower-log.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from './list-offsets.ts';
import type { Partition } from './partition.ts';
import type { Endpoint, InterBrokerRpc, ReplicationConfig, RpcResult } from './ports.ts';
import { type EpochEnd, truncationOffset } from './truncation.ts';

/**
 * 'fetching': asks for the log's end. 'backing-off': an error; again after a while. 'resetting': the offset was out of the
 * leader's range, and the leader is being asked where its log begins and ends. 'failed': waits for newer metadata.
 */
type Phase =
  | { readonly kind: 'fetching' }
  | { readonly kind: 'backing-off'; readonly untilMs: number }
  | { readonly kind: 'resetting' }
  | { readonly kind: 'failed' };

interface FetchState {
  readonly partition: Partition;
  readonly leaderEpoch: LeaderEpoch;
  phase: Phase;
}

/** The first version of Fetch that names topics by id. */
const TOPIC_IDS_VERSION = 13;

const FETCHING: Phase = { kind: 'fetching' };
const FAILED: Phase = { kind: 'failed' };

export interface ReplicaFetcherOptions {
  readonly brokerId: BrokerId;
  /** The broker to fetch from. */
  readonly leaderId: BrokerId;
  readonly brokerEpoch: () => BrokerEpoch;
  readonly config: ReplicationConfig;
  readonly rpc: InterBrokerRpc;
  /** The cluster's level, which says how followers ask. */
  readonly metadataVersion: () => number;
  /** Where the leader is now; null if the metadata don't say. */
  readonly leader: () => Endpoint | null;
}

export class ReplicaFetcher {
  readonly #env: Environment;
  readonly #options: ReplicaFetcherOptions;
  readonly #states = new Map<string, FetchState>();
  /** Partitions whose part in the session may have to change. */
  readonly #changed = new Map<string, Partition>();
  readonly #session = new FetchSessionHandler();
  #timer: Timer | null = null;
  #timerAtMs = 0;
  /** Partitions whose last append is being synced. */
  readonly #unsynced = new Set<string>();
  #inFlight = false;
  #closed = false;

  constructor(env: Environment, options: ReplicaFetcherOptions) {
    this.#env = env;
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#states.size === 0;
  }

  /** Begins to fetch a partition in its present leader epoch, from the end of its log. */
  add(partition: Partition): void {
    const key = targetKey(partition.topicId, partition.index);
    const current = this.#states.get(key);
    if (current?.leaderEpoch === partition.leaderEpoch && current.phase.kind !== 'failed') return;
    this.#states.set(key, { partition, leaderEpoch: partition.leaderEpoch, phase: FETCHING });
    this.#touch(key, partition);
  }

  remove(partition: Partition): void {
    const key = targetKey(partition.topicId, partition.index);
    if (this.#states.delete(key)) this.#touch(key, partition);
  }

  /** A sync ended, or the log's start moved: the partition may have something new to say. */
  refresh(partition: Partition): void {
    const key = targetKey(partition.topicId, partition.index);
    if (this.#states.has(key)) this.#touch(key, partition);
  }

  refreshAll(): void {
    for (const [key, state] of this.#states) this.#changed.set(key, state.partition);
    this.#wakeUp(0);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#states.clear();
    this.#changed.clear();
  }

  #touch(key: string, partition: Partition): void {
    this.#changed.set(key, partition);
    this.#wakeUp(0);
  }

  /** Looks again in `delayMs`, or sooner if that was agreed already. */
  #wakeUp(delayMs: number): void {
    if (this.#closed || this.#inFlight) return;
    const atMs = this.#env.clock.monotonicMs() + delayMs;
    if (this.#timer !== null) {
      if (this.#timerAtMs <= atMs) return;
      this.#timer.cancel();
    }
    this.#timerAtMs = atMs;
    this.#timer = this.#env.timers.after(delayMs, () => {
      this.#timer = null;
      this.#fetch();
    });
  }

  // --- request ---

  #fetch(): void {
    if (this.#closed || this.#inFlight || this.#states.size === 0 || this.#awaitsSync()) return;
    const leader = this.#options.leader();
    if (leader === null) {
      this.#wakeUp(this.#options.config['replica.fetch.backoff.ms']);
      return;
    }
    const nextWakeMs = this.#endBackoffs();
    if (this.#env.random.sometimes('replication/full-fetch', 16)) this.#session.handleFailure();
    const body = this.#session.isFull
      ? this.#session.buildFull(this.#allTargets())
      : this.#session.buildIncremental(this.#changed, (key) => this.#currentTarget(key));
    this.#changed.clear();
    const hasNothingToFetch = this.#session.partitions.size === 0;
    if (hasNothingToFetch) {
      // The session, if there is one, has lost its last partition without telling the leader.
      this.#session.handleFailure();
      if (nextWakeMs !== null) this.#wakeUp(nextWakeMs);
      return;
    }
    this.#send(leader, body);
  }

  /**
   * With flush.messages due, what was appended is reported only when it is synced. Kafka's fetcher blocks for the sync; a fetch
   * sent without the partition would wait at the leader for up to replica.fetch.wait.max.ms before it could be reported.
   */
  #awaitsSync(): boolean {
    for (const key of this.#unsynced) {
      const state = this.#states.get(key);
      const isSynced = state === undefined || state.partition.log.visibleEndOffset >= state.partition.log.logEndOffset;
      if (isSynced) this.#unsynced.delete(key);
    }
    return this.#unsynced.size > 0;
  }

  /** Partitions whose back-off is over fetch again. Returns the milliseconds to the next one; null if none is left. */
  #endBackoffs(): number | null {
    const nowMs = this.#env.clock.monotonicMs();
    let next: number | null = null;
    for (const [key, state] of this.#states) {
      if (state.phase.kind !== 'backing-off') continue;
      const leftMs = state.phase.untilMs - nowMs;
      if (leftMs <= 0) {
        state.phase = FETCHING;
        this.#changed.set(key, state.partition);
      } else if (next === null || leftMs < next) {
        next = leftMs;
      }
    }
    return next;
  }

  *#allTargets(): Iterable<FetchTarget> {
    for (const state of this.#states.values()) {
      const target = this.#targetOf(state);
      if (target !== null) yield target;
    }
  }

  #currentTarget(key: string): FetchTarget | null {
    const state = this.#states.get(key);
    return state === undefined ? null : this.#targetOf(state);
  }

  /** What to ask for; null if it is not the time. */
  #targetOf(state: FetchState): FetchTarget | null {
    const { log } = state.partition;
    // The offset asked for tells the leader what this replica has: with flush.messages due, only what has been synced.
    const isSynced = log.visibleEndOffset >= log.logEndOffset;
    if (state.phase.kind !== 'fetching' || !isSynced) return null;
    return {
      topicId: state.partition.topicId,
      partition: state.partition.index,
      currentLeaderEpoch: state.leaderEpoch,
      fetchOffset: log.logEndOffset,
      lastFetchedEpoch: log.latestEpoch ?? NONE,
      logStartOffset: log.logStartOffset,
      maxBytes: this.#options.config['replica.fetch.max.bytes'],
    };
  }

  #send(leader: Endpoint, body: FetchRequestBody): void {
    const { config, brokerId, brokerEpoch } = this.#options;
    this.#inFlight = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#options.rpc.send(
      leader,
      'Fetch',
      {
        // Before version 15.
        replicaId: brokerId,
        replicaState: { replicaId: brokerId, replicaEpoch: brokerEpoch() },
        maxWaitMs: config['replica.fetch.wait.max.ms'],
        minBytes: config['replica.fetch.min.bytes'],
        maxBytes: config['replica.fetch.response.max.bytes'],
        sessionId: body.sessionId,
        sessionEpoch: body.sessionEpoch,
        topics: body.topics,
        forgottenTopicsData: body.forgottenTopicsData,
      },
      { minVersion: TOPIC_IDS_VERSION, maxVersion: replicaFetchVersion(this.#options.metadataVersion()) },
      (result) => this.#onResult(result),
    );
  }

  // --- response ---

  #onResult(result: RpcResult<FetchResponse>): void {
    if (this.#closed) return;
    this.#inFlight = false;
    if (!result.ok) {
      this.#session.handleFailure();
      this.#wakeUp(this.#options.config['replica.fetch.backoff.ms']);
      return;
    }
    const isUsable = this.#session.handleResponse(result.response);
    if (!isUsable) {
      this.#wakeUp(this.#options.config['replica.fetch.backoff.ms']);
      return;
    }
    for (const topic of result.response.responses) {
      for (const data of topic.partitions) this.#onPartition(targetKey(topic.topicId, data.partitionIndex), data);
    }
    this.#wakeUp(this.#env.random.sometimes('replication/slow-fetcher') ? 20 : 0);
  }

  #onPartition(key: string, data: FetchResponsePartitionData): void {
    const asked = this.#session.partitions.get(key);
    const state = this.#states.get(key);
    // The partition may have left this fetcher, or begun another epoch or been cut, while the request was on its way.
    if (asked === undefined || state === undefined || state.phase.kind !== 'fetching') return;
    const isSameEpoch = asked.currentLeaderEpoch === state.leaderEpoch && state.leaderEpoch === state.partition.leaderEpoch;
    const isSameOffset = asked.fetchOffset === state.partition.log.logEndOffset;
    if (!isSameEpoch || !isSameOffset || state.partition.role.kind !== 'follower') return;
    this.#changed.set(key, state.partition);
    try {
      this.#apply(key, state, { ...asked, leader: this.#options.leaderId }, data);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#fail(state);
    }
  }

  #apply(key: string, state: FetchState, asked: AskedFetch, data: FetchResponsePartitionData): void {
    switch (data.errorCode) {
      case ErrorCode.NONE:
        if (data.divergingEpoch.epoch >= 0) {
          const { epoch, endOffset } = data.divergingEpoch;
          this.#truncate(state, asked, { epoch: LeaderEpoch(epoch), endOffset: Offset(endOffset) });
        } else this.#append(key, state, asked, data);
        return;
      case ErrorCode.OFFSET_OUT_OF_RANGE:
        this.#reset(key, state);
        return;
      case ErrorCode.FENCED_LEADER_EPOCH:
        // The leader is ahead: newer metadata will come and begin anew.
        this.#fail(state);
        return;
      default:
        this.#backOff(state);
    }
  }

  #append(key: string, state: FetchState, asked: AskedFetch, data: FetchResponsePartitionData): void {
    const { partition } = state;
    const error = partition.appendAsFollower(
      asked,
      data.records ?? NO_RECORDS,
      Offset(data.highWatermark),
      Offset(data.logStartOffset),
    );
    // Kafka goes on trying only where the batch itself is wrong (AbstractFetcherThread.processFetchRequest, 4.3.1).
    if (error?.error === ErrorCode.OFFSET_OUT_OF_RANGE) this.#giveUp(state, asked);
    else if (error !== null) this.#backOff(state);
    if (partition.log.visibleEndOffset < partition.log.logEndOffset) this.#unsynced.add(key);
  }

  #truncate(state: FetchState, asked: AskedFetch, leader: EpochEnd): void {
    const { log } = state.partition;
    const offset = truncationOffset(leader, log.endOffsetForEpoch(leader.epoch), log.logEndOffset);
    state.partition.cutDiverging(asked, offset);
  }

  #backOff(state: FetchState): void {
    state.phase = {
      kind: 'backing-off',
      untilMs: this.#env.clock.monotonicMs() + this.#options.config['replica.fetch.backoff.ms'],
    };
  }

  /** What the leader sends does not continue this log: it is fetched no more, until there is another leader. */
  #giveUp(state: FetchState, { leader, currentLeaderEpoch: leaderEpoch }: AskedFetch): void {
    const { key: partition, log } = state.partition;
    this.#env.tracer.emit({ type: 'follower-gave-up', partition, leader, leaderEpoch, endOffset: log.logEndOffset });
    this.#fail(state);
  }

  #fail(state: FetchState): void {
    state.phase = FAILED;
  }

  // --- out of range ---

  /**
   * The leader does not have this log's end. If the leader's log ends earlier (an unclean election), cut to its end; if it
   * starts later (the data were deleted), start anew there; else just ask again.
   */
  #reset(key: string, state: FetchState): void {
    state.phase = { kind: 'resetting' };
    this.#askOffset(key, state, LATEST_TIMESTAMP, (leaderEnd) => {
      const { log } = state.partition;
      if (leaderEnd < log.logEndOffset) {
        state.partition.truncateTo(leaderEnd, 'out-of-range');
        this.#resume(key, state);
        return;
      }
      this.#askOffset(key, state, EARLIEST_TIMESTAMP, (leaderStart) => {
        if (leaderStart > log.logEndOffset) state.partition.restartAt(leaderStart);
        this.#resume(key, state);
      });
    });
  }

  #resume(key: string, state: FetchState): void {
    state.phase = FETCHING;
    this.#touch(key, state.partition);
  }

  #askOffset(key: string, state: FetchState, timestamp: number, use: (offset: Offset) => void): void {
    const leader = this.#options.leader();
    if (leader === null) {
      this.#retryLater(key, state);
      return;
    }
    const { topic, index } = state.partition;
    const partitions = [{ partitionIndex: index, currentLeaderEpoch: state.leaderEpoch, timestamp }];
    const request = { replicaId: this.#options.brokerId, topics: [{ name: topic, partitions }] };
    const versions = { maxVersion: replicaListOffsetsVersion(this.#options.metadataVersion()) };
    this.#options.rpc.send(leader, 'ListOffsets', request, versions, (result) => {
      // An answer for an epoch that has passed, or for a partition that is no longer fetched here, must not touch the log.
      const isCurrent = this.#states.get(key) === state && state.phase.kind === 'resetting';
      const isSameEpoch = state.partition.leaderEpoch === state.leaderEpoch && state.partition.role.kind === 'follower';
      if (this.#closed || !isCurrent || !isSameEpoch) return;
      this.#useOffset(key, state, result, use);
    });
  }

  #useOffset(key: string, state: FetchState, result: RpcResult<ListOffsetsResponse>, use: (offset: Offset) => void): void {
    const answer = result.ok ? result.response.topics[0]?.partitions[0] : undefined;
    const offset = answer?.errorCode === ErrorCode.NONE ? Offset(answer.offset) : NONE;
    if (offset < 0) {
      this.#retryLater(key, state);
      return;
    }
    try {
      use(offset);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#fail(state);
    }
  }

  #retryLater(key: string, state: FetchState): void {
    invariant(state.phase.kind === 'resetting', () => `${state.partition.key} is ${state.phase.kind}, not resetting`);
    this.#backOff(state);
    this.#touch(key, state.partition);
  }
}

const NO_RECORDS = new Uint8Array(0);
