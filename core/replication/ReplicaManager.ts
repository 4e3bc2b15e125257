/**
 * All replicas of a broker: takes what committed metadata say about them, appends and reads for the request handlers, and
 * keeps what must wait (Kafka's ReplicaManager).
 */
import type { Environment, Timer } from '../environment.ts';
import type { Log } from '../log/Log.ts';
import type { LogManager } from '../log/LogManager.ts';
import { isAppendError, StorageError } from '../log/types.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { AlterPartitionManager } from './AlterPartitionManager.ts';
import { DelayedDeleteRecords, type DeleteRecordsResult, type DeleteRecordsStatus } from './DelayedDeleteRecords.ts';
import { DelayedFetch } from './DelayedFetch.ts';
import { DelayedProduce, type ProduceEntry } from './DelayedProduce.ts';
import { type ListOffsetsResult, listOffsets, type OffsetIsolation } from './listOffsets.ts';
import { Partition } from './Partition.ts';
import type { PartitionContext } from './PartitionState.ts';
import type {
  ClusterView,
  ControllerChannel,
  Endpoint,
  InterBrokerRpc,
  PartitionView,
  ReplicationConfig,
  TopicsDelta,
} from './ports.ts';
import { preferredReadReplica, RACK_AWARE_SELECTOR } from './preferredReadReplica.ts';
import { Purgatory } from './Purgatory.ts';
import { ReplicaFetcher } from './ReplicaFetcher.ts';
import {
  type AppendEntry,
  type AppendOptions,
  type AppendResult,
  type FetchParams,
  type FetchPartition,
  type FetchPartitionResult,
  failedFetch,
  isInternalTopic,
  NO_LEADER,
  NONE,
  type TopicSettings,
} from './types.ts';

export interface ReplicaManagerOptions {
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly config: ReplicationConfig;
  readonly logs: LogManager;
  /** The image to begin with; later ones come with `applyDelta`. */
  readonly image: () => ClusterView;
  readonly rpc: InterBrokerRpc;
  /** The listener (of the image's endpoints) that brokers use among themselves. */
  readonly interBrokerListener: string;
  readonly toController: ControllerChannel;
  /** A replica lies in another directory than the metadata say (KIP-858): the controller is to be told. */
  readonly onDirectoryUnknown: (topicId: string, partition: number, directoryId: string) => void;
  /** Effective settings of a topic. */
  readonly topicSettings: (topic: string) => TopicSettings;
}

export interface EpochEndResult {
  readonly error: number;
  readonly leaderEpoch: number;
  readonly endOffset: number;
}

/** DeleteRecords up to the high watermark, whatever it is. */
export const DELETE_UP_TO_HIGH_WATERMARK = -1;

const UNSEEN_BY_LOG: ReadonlySet<number> = new Set([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

export class ReplicaManager {
  private readonly env: Environment;
  private readonly options: ReplicaManagerOptions;
  private readonly context: PartitionContext;
  private image: ClusterView;
  private readonly partitions = new Map<string, Partition>();
  /** Replicas that should be here but whose log directory was offline when they were to be created. */
  private readonly withoutLog = new Set<string>();
  private readonly alterPartitions: AlterPartitionManager;
  private readonly fetchers = new Map<number, ReplicaFetcher>();
  private readonly produces: Purgatory;
  private readonly fetches: Purgatory;
  private readonly deletes: Purgatory;
  /** Partitions to whose waiting operations something happened; looked at when the state change is complete. */
  private wakeQueue: string[] = [];
  private depth = 0;
  private isrTimer: Timer | null = null;
  private closed = false;

  constructor(env: Environment, options: ReplicaManagerOptions) {
    this.env = env;
    this.options = options;
    this.image = options.image();
    this.alterPartitions = new AlterPartitionManager(env, options.brokerId, options.brokerEpoch, options.toController);
    this.produces = new Purgatory(env.timers);
    this.fetches = new Purgatory(env.timers);
    this.deletes = new Purgatory(env.timers);
    this.context = {
      env,
      brokerId: options.brokerId,
      brokerEpoch: options.brokerEpoch,
      cluster: () => this.image,
      alterPartitions: this.alterPartitions,
      replicaLagMaxMs: options.config['replica.lag.time.max.ms'],
      settings: options.topicSettings,
      wake: (key) => this.wake(key),
    };
    this.scheduleIsrCheck();
  }

  /** A hosted replica by its `topic-partition` key. */
  partition(key: string): Partition | undefined {
    return this.partitions.get(key);
  }

  allPartitions(): Iterable<Partition> {
    return this.partitions.values();
  }

  /** Requests that wait, for inspection. */
  get delayedOperations(): { readonly produce: number; readonly fetch: number; readonly deleteRecords: number } {
    return { produce: this.produces.size, fetch: this.fetches.size, deleteRecords: this.deletes.size };
  }

  close(): void {
    this.closed = true;
    this.isrTimer?.cancel();
    this.alterPartitions.close();
    for (const fetcher of this.fetchers.values()) fetcher.close();
    this.fetchers.clear();
    this.produces.close();
    this.fetches.close();
    this.deletes.close();
  }

  // ---- waking what waits ------------------------------------------------------------------------------------------

  private wake(key: string): void {
    this.wakeQueue.push(key);
    if (this.depth === 0) this.drain();
  }

  /** State changes between enter and leave are one step: what they wake runs after it, never inside it. */
  private enter(): void {
    this.depth++;
  }

  private leave(): void {
    this.depth--;
    if (this.depth === 0 && this.wakeQueue.length > 0) this.drain();
  }

  private drain(): void {
    this.depth++;
    while (this.wakeQueue.length > 0 && !this.closed) {
      const keys = this.wakeQueue;
      this.wakeQueue = [];
      for (const key of keys) {
        this.fetches.check(key);
        this.produces.check(key);
        this.deletes.check(key);
      }
    }
    this.depth--;
  }

  // ---- metadata -----------------------------------------------------------------------------------------------------

  /** Takes a new image: `delta` is what changed. To be called for every image, also when only brokers changed. */
  applyDelta(delta: TopicsDelta, image: ClusterView): void {
    this.enter();
    this.image = image;
    // Deletions first: a new topic may have the name of a deleted one.
    if (delta.deletedTopicIds.size > 0) {
      for (const partition of this.partitions.values()) {
        if (delta.deletedTopicIds.has(partition.topicId)) this.stop(partition);
      }
    }
    for (const [topicId, topic] of delta.changedTopics) {
      for (const index of topic.removedPartitions) this.stopIfHosted(topic.name, index, topicId);
      for (const [index, view] of topic.changedPartitions) this.applyPartition(topic.name, index, topicId, view);
    }
    this.closeIdleFetchers();
    this.leave();
  }

  /** A topic's configs changed. */
  onTopicConfigChanged(topic: string): void {
    this.enter();
    for (const partition of this.partitions.values()) if (partition.topic === topic) partition.refreshSettings();
    this.leave();
  }

  private applyPartition(topic: string, index: number, topicId: string, view: PartitionView): void {
    const isReplica = view.replicas.includes(this.options.brokerId);
    if (!isReplica) {
      this.stopIfHosted(topic, index, topicId);
      return;
    }
    try {
      const partition = this.getOrCreate(topic, index, topicId, view);
      if (partition === null) return;
      if (view.leader === this.options.brokerId) this.lead(partition, view);
      else this.follow(partition, view);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.takeOffline(topicPartitionKey(topic, index));
    }
  }

  /** Null: the replica's log directory is offline, or may be. */
  private getOrCreate(topic: string, index: number, topicId: string, view: PartitionView): Partition | null {
    const key = topicPartitionKey(topic, index);
    const { logs } = this.options;
    const assigned = view.directories[view.replicas.indexOf(this.options.brokerId)];
    const existing = this.partitions.get(key);
    if (existing?.topicId === topicId) {
      if (existing.role.kind === 'offline') return null;
      this.checkDirectory(existing, assigned);
      return existing;
    }
    // Another topic of the same name, whose deletion this broker has slept through: nothing of it may be served as the new one.
    if (existing !== undefined) this.stop(existing);
    // Its log may lie in a directory that is offline: an empty one in its place would deny what the replica once confirmed.
    if (!logs.mayCreate(key, assigned)) {
      this.withoutLog.add(key);
      return null;
    }
    const log = logs.getOrCreate(topic, index, topicId, assigned);
    this.loadHighWatermark(key, log);
    const partition = new Partition(this.context, topic, index, topicId, log);
    log.onVisibleEndAdvanced = () => this.onVisibleEndAdvanced(partition);
    this.partitions.set(key, partition);
    this.withoutLog.delete(key);
    // Before anything is written: should the directory fail in this very step, the controller still learns whose replica it was.
    this.checkDirectory(partition, assigned);
    return partition;
  }

  private checkDirectory(partition: Partition, assigned: string | undefined): void {
    const actual = this.options.logs.directoryIdOf(partition.key);
    if (actual !== null && actual !== assigned) this.options.onDirectoryUnknown(partition.topicId, partition.index, actual);
  }

  /** What was committed before the restart, as far as the checkpoint knows it and the log has it. */
  private loadHighWatermark(key: string, log: Log): void {
    const from = log.highWatermark;
    const to = log.updateHighWatermark(Math.max(from, this.options.logs.checkpointedHighWatermark(key)));
    this.env.tracer.emit({ type: 'high-watermark-set', partition: key, from, to, reason: 'load' });
  }

  private lead(partition: Partition, view: PartitionView): void {
    for (const fetcher of this.fetchers.values()) fetcher.remove(partition);
    partition.makeLeader(view);
  }

  private follow(partition: Partition, view: PartitionView): void {
    const isNewEpoch = partition.makeFollower(view);
    if (!isNewEpoch) return;
    for (const fetcher of this.fetchers.values()) fetcher.remove(partition);
    if (view.leader !== NO_LEADER) this.fetcherFor(view.leader).add(partition);
  }

  private stopIfHosted(topic: string, index: number, topicId: string): void {
    const key = topicPartitionKey(topic, index);
    this.withoutLog.delete(key);
    const partition = this.partitions.get(key);
    if (partition?.topicId === topicId) this.stop(partition);
  }

  private stop(partition: Partition): void {
    for (const fetcher of this.fetchers.values()) fetcher.remove(partition);
    this.partitions.delete(partition.key);
    const wasOffline = partition.role.kind === 'offline';
    partition.log.onVisibleEndAdvanced = null;
    partition.stop(true);
    if (!wasOffline) this.options.logs.asyncDelete(partition.key);
  }

  // ---- storage failures -----------------------------------------------------------------------------------------------

  /** A log directory failed: its replicas are offline. To be called by the log manager's failure handler. */
  handleLogDirectoryFailure(partitions: readonly string[]): void {
    this.enter();
    for (const key of partitions) if (this.partitions.has(key)) this.takeOffline(key);
    this.leave();
    if (this.options.logs.liveDirectories().length === 0) this.env.halt('all log directories have failed');
  }

  private takeOffline(key: string): void {
    const partition = this.partitions.get(key);
    if (partition === undefined) {
      this.withoutLog.add(key);
      return;
    }
    for (const fetcher of this.fetchers.values()) fetcher.remove(partition);
    partition.markOffline();
  }

  // ---- fetchers -----------------------------------------------------------------------------------------------------

  private fetcherFor(leader: number): ReplicaFetcher {
    let fetcher = this.fetchers.get(leader);
    if (fetcher === undefined) {
      const { brokerId, brokerEpoch, config, rpc } = this.options;
      fetcher = new ReplicaFetcher(this.env, { brokerId, brokerEpoch, config, rpc, leader: () => this.endpointOf(leader) });
      this.fetchers.set(leader, fetcher);
    }
    return fetcher;
  }

  private endpointOf(broker: number): Endpoint | null {
    const address = this.image.brokers.get(broker)?.endpoints.get(this.options.interBrokerListener);
    return address === undefined ? null : { id: String(broker), host: address.host, port: address.port };
  }

  private closeIdleFetchers(): void {
    for (const [leader, fetcher] of this.fetchers) {
      if (!fetcher.isIdle) continue;
      fetcher.close();
      this.fetchers.delete(leader);
    }
  }

  private onVisibleEndAdvanced(partition: Partition): void {
    if (this.closed) return;
    this.enter();
    partition.onVisibleEndAdvanced();
    const { role } = partition;
    if (role.kind === 'follower') this.fetchers.get(role.leader)?.refresh(partition);
    this.leave();
  }

  private scheduleIsrCheck(): void {
    this.isrTimer = this.env.timers.after(Math.max(1, this.options.config['replica.lag.time.max.ms'] >> 1), () => {
      this.enter();
      for (const partition of this.partitions.values()) partition.maybeShrinkIsr();
      // Retention may have moved the start of a log that had nothing else to say.
      for (const fetcher of this.fetchers.values()) fetcher.refreshAll();
      this.leave();
      this.scheduleIsrCheck();
    });
  }

  /** The metadata as this broker's replicas have them. */
  get cluster(): ClusterView {
    return this.image;
  }

  // ---- look-up ------------------------------------------------------------------------------------------------------

  /** The hosted replica, or why there is none: KAFKA_STORAGE_ERROR, NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION. */
  private find(topic: string, index: number): Partition | number {
    const key = topicPartitionKey(topic, index);
    const partition = this.partitions.get(key);
    if (partition !== undefined) return partition;
    if (this.withoutLog.has(key)) return ErrorCode.KAFKA_STORAGE_ERROR;
    const image = this.image;
    const isKnown = image.topicsById.get(image.topicIds.get(topic) ?? '')?.partitions.has(index) ?? false;
    return isKnown ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }

  // ---- append -------------------------------------------------------------------------------------------------------

  /** Appends to partitions this broker leads. acks=-1 is answered when the high watermark has passed everything, or on time-out. */
  append(options: AppendOptions): void {
    const { requiredAcks, done } = options;
    if (requiredAcks < -1 || requiredAcks > 1) {
      done(options.entries.map(() => failedAppend(ErrorCode.INVALID_REQUIRED_ACKS, undefined)));
      return;
    }
    this.enter();
    const entries = options.entries.map((entry) => this.appendEntry(entry, options));
    const mustWait = entries.some((entry) => 'waits' in entry);
    if (mustWait) {
      const keys = new Set<string>();
      for (const entry of entries) if ('waits' in entry) keys.add(entry.waits.partition.key);
      const operation = new DelayedProduce(this.env.tracer, entries, done);
      this.produces.tryCompleteElseWatch(operation, keys, options.timeoutMs);
    } else {
      done(entries.map((entry) => ('result' in entry ? entry.result : entry.waits.success)));
    }
    this.leave();
  }

  private appendEntry(entry: AppendEntry, options: AppendOptions): ProduceEntry {
    const outcome = this.appendLocally(entry, options);
    if (!('result' in outcome) || outcome.result.error === ErrorCode.NONE) return outcome;
    const partition = topicPartitionKey(entry.topic, entry.partition);
    const { error } = outcome.result;
    this.env.tracer.emit({ type: 'produce-failed', partition, acks: options.requiredAcks, error, afterAppend: false });
    return outcome;
  }

  private appendLocally(entry: AppendEntry, { origin, requiredAcks }: AppendOptions): ProduceEntry {
    const isForbidden = origin === 'client' && isInternalTopic(entry.topic);
    if (isForbidden) return refused(ErrorCode.INVALID_TOPIC_EXCEPTION, `clients may not write to ${entry.topic}`);
    const partition = this.find(entry.topic, entry.partition);
    if (typeof partition === 'number') return refused(partition);
    const isOtherTopic = entry.topicId !== undefined && entry.topicId !== partition.topicId;
    if (isOtherTopic) return refused(ErrorCode.INCONSISTENT_TOPIC_ID);
    const isOtherEpoch = entry.expectedLeaderEpoch !== undefined && entry.expectedLeaderEpoch !== partition.leaderEpoch;
    if (isOtherEpoch) return refused(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    try {
      const info = partition.appendAsLeader(entry.records, origin, requiredAcks);
      if (isAppendError(info)) {
        const failed = failedAppend(info.error, info.message, info.recordErrors);
        // What was not looked at closely is not told where the log starts.
        if (UNSEEN_BY_LOG.has(info.error)) return { result: failed };
        return { result: { ...failed, logStartOffset: partition.log.logStartOffset } };
      }
      const original = info.duplicateOf;
      const lastOffset = original?.lastOffset ?? info.lastOffset;
      const success: AppendResult = {
        error: ErrorCode.NONE,
        baseOffset: original?.offset ?? info.firstOffset,
        lastOffset,
        // For a duplicate Kafka tells when the records date from.
        logAppendTimeMs: original?.timestamp ?? info.logAppendTimeMs,
        logStartOffset: partition.log.logStartOffset,
      };
      const waitsForReplicas = requiredAcks === -1;
      if (!waitsForReplicas) {
        this.traceAcknowledged(partition, requiredAcks, success);
        return { result: success };
      }
      const expectedLeaderEpoch = entry.expectedLeaderEpoch ?? null;
      return {
        waits: { partition, requiredOffset: lastOffset + 1, expectedLeaderEpoch, isDuplicate: original !== undefined, success },
      };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return refused(ErrorCode.KAFKA_STORAGE_ERROR);
    }
  }

  private traceAcknowledged(partition: Partition, acks: number, result: AppendResult): void {
    this.env.tracer.emit({
      type: 'produce-acked',
      partition: partition.key,
      acks,
      leaderEpoch: partition.leaderEpoch,
      baseOffset: result.baseOffset,
      lastOffset: result.lastOffset,
      highWatermark: partition.log.highWatermark,
      maximalIsrSize: partition.maximalIsrSize,
      minIsr: partition.effectiveMinIsr,
    });
  }

  // ---- fetch --------------------------------------------------------------------------------------------------------

  /**
   * Reads partitions in order. Answers at once if there is enough, if anything failed or diverged, or if the request does
   * not want to wait; else when there is enough, or after maxWaitMs. `done` gets the results in the order of the requests.
   */
  fetch(
    params: FetchParams,
    requests: readonly FetchPartition[],
    done: (results: readonly FetchPartitionResult[]) => void,
  ): void {
    this.enter();
    const results = this.read(params, requests, true);
    if (this.mustAnswerNow(params, results)) {
      this.traceServed(params, requests, results);
      done(results);
    } else {
      const lookup = (key: string) => this.partitions.get(key);
      const isReadToEnd = results.every((result) => result.isNothingNew);
      const operation = new DelayedFetch(params, requests, lookup, this.env.random, isReadToEnd, () => {
        const later = this.read(params, requests, false);
        this.traceServed(params, requests, later);
        done(later);
      });
      this.fetches.tryCompleteElseWatch(
        operation,
        requests.map((request) => request.key),
        params.maxWaitMs,
      );
    }
    this.leave();
  }

  private mustAnswerNow(params: FetchParams, results: readonly FetchPartitionResult[]): boolean {
    if (params.maxWaitMs <= 0 || results.length === 0) return true;
    let bytes = 0;
    for (const result of results) {
      if (result.error !== ErrorCode.NONE || result.divergingEpoch !== null || result.preferredReadReplica >= 0) return true;
      bytes += result.records.length;
    }
    return bytes >= params.minBytes;
  }

  private read(params: FetchParams, requests: readonly FetchPartition[], updateFollower: boolean): FetchPartitionResult[] {
    const results: FetchPartitionResult[] = [];
    let leftBytes = params.maxBytes;
    let minOneMessage = true;
    for (const request of requests) {
      const asked = Math.min(request.maxBytes, leftBytes);
      const maxBytes = this.env.random.sometimes('replication/short-read') ? Math.min(asked, 1) : asked;
      const result = this.readPartition(params, request, maxBytes, minOneMessage, updateFollower);
      // Once there is something, the limits hold.
      if (result.records.length > 0) minOneMessage = false;
      leftBytes = Math.max(0, leftBytes - result.records.length);
      results.push(result);
    }
    return results;
  }

  private readPartition(
    params: FetchParams,
    request: FetchPartition,
    maxBytes: number,
    minOneMessage: boolean,
    updateFollower: boolean,
  ): FetchPartitionResult {
    const partition = this.find(request.topic, request.partition);
    if (typeof partition === 'number') return failedFetch(partition);
    const isOtherTopic = request.topicId !== '' && request.topicId !== partition.topicId;
    if (isOtherTopic) return failedFetch(ErrorCode.INCONSISTENT_TOPIC_ID);
    try {
      const preferred = this.preferredReplica(params, request, partition);
      if (preferred >= 0) return this.redirect(partition, request, preferred);
      return partition.fetch(params, request, maxBytes, minOneMessage, updateFollower);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return failedFetch(ErrorCode.KAFKA_STORAGE_ERROR);
    }
  }

  private preferredReplica(params: FetchParams, request: FetchPartition, partition: Partition): number {
    const isSelecting = params.client !== null && this.options.config['replica.selector.class'] === RACK_AWARE_SELECTOR;
    if (!isSelecting || params.client === null) return NONE;
    return preferredReadReplica(partition, this.image, this.options.brokerId, params.client, request.fetchOffset);
  }

  private redirect(partition: Partition, request: FetchPartition, preferred: number): FetchPartitionResult {
    const error = partition.checkAccess(request.currentLeaderEpoch, false);
    return error === ErrorCode.NONE ? { ...partition.offsets(), preferredReadReplica: preferred } : failedFetch(error);
  }

  private traceServed(params: FetchParams, requests: readonly FetchPartition[], results: readonly FetchPartitionResult[]): void {
    for (let i = 0; i < results.length; i++) {
      const result = results[i] as FetchPartitionResult;
      if (result.error !== ErrorCode.NONE || result.records.length === 0) continue;
      const request = requests[i] as FetchPartition;
      this.env.tracer.emit({
        type: 'fetch-served',
        partition: request.key,
        to: params.replicaId >= 0 ? 'follower' : 'consumer',
        replica: params.replicaId,
        fetchOffset: request.fetchOffset,
        endOffset: result.endOffset,
        highWatermark: result.highWatermark,
        lastStableOffset: result.lastStableOffset,
        logStartOffset: result.logStartOffset,
        readCommitted: params.isolation === 'last-stable',
        isLeader: this.partitions.get(request.key)?.isLeader ?? false,
      });
    }
  }

  // ---- the smaller requests -----------------------------------------------------------------------------------------------

  /** OffsetForLeaderEpoch: where `leaderEpoch` (or the largest known below it) ends. -1 and -1 if nothing is known. */
  endOffsetForEpoch(topic: string, index: number, currentLeaderEpoch: number, leaderEpoch: number): EpochEndResult {
    const partition = this.find(topic, index);
    const error = typeof partition === 'number' ? partition : partition.checkAccess(currentLeaderEpoch, true);
    if (typeof partition === 'number' || error !== ErrorCode.NONE) return { error, leaderEpoch: NONE, endOffset: NONE };
    const end = partition.log.endOffsetForEpoch(leaderEpoch);
    return { error, leaderEpoch: end?.epoch ?? NONE, endOffset: end?.endOffset ?? NONE };
  }

  /** ListOffsets for one partition; see listOffsets.ts. */
  listOffsets(
    topic: string,
    index: number,
    timestamp: number,
    currentLeaderEpoch: number,
    isolation: OffsetIsolation,
  ): ListOffsetsResult {
    const partition = this.find(topic, index);
    if (typeof partition === 'number') return { error: partition, timestamp: NONE, offset: NONE, leaderEpoch: NONE };
    try {
      return listOffsets(partition, timestamp, currentLeaderEpoch, isolation);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return { error: ErrorCode.KAFKA_STORAGE_ERROR, timestamp: NONE, offset: NONE, leaderEpoch: NONE };
    }
  }

  /** Moves log starts up (-1: to the high watermark); answered when every live replica has followed, or on time-out. */
  deleteRecords(
    entries: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
    timeoutMs: number,
    done: (results: readonly DeleteRecordsResult[]) => void,
  ): void {
    this.enter();
    const statuses = entries.map((entry) => this.deleteLocally(entry.topic, entry.partition, entry.offset));
    const keys = statuses.flatMap((status) => ('error' in status ? [] : [status.partition.key]));
    for (const key of keys) this.wake(key);
    this.deletes.tryCompleteElseWatch(new DelayedDeleteRecords(statuses, done), new Set(keys), timeoutMs);
    this.leave();
  }

  private deleteLocally(topic: string, index: number, offset: number): DeleteRecordsStatus | DeleteRecordsResult {
    const refuse = (error: number) => ({ topic, partition: index, error, lowWatermark: NONE });
    if (isInternalTopic(topic)) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION);
    const partition = this.find(topic, index);
    if (typeof partition === 'number') return refuse(partition);
    const access = partition.checkAccess(NONE, true);
    if (access !== ErrorCode.NONE) return refuse(access);
    const { log } = partition;
    const isDeletable = log.config['cleanup.policy'].includes('delete');
    if (!isDeletable) return refuse(ErrorCode.POLICY_VIOLATION);
    const target = offset === DELETE_UP_TO_HIGH_WATERMARK ? log.highWatermark : offset;
    // Only what is committed may go.
    const isCommitted = target >= 0 && target <= log.highWatermark;
    if (!isCommitted) return refuse(ErrorCode.OFFSET_OUT_OF_RANGE);
    try {
      log.maybeIncrementLogStartOffset(target, 'delete-records');
      return { partition, requestedOffset: target };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return refuse(ErrorCode.KAFKA_STORAGE_ERROR);
    }
  }
}

function failedAppend(error: number, message: string | undefined, recordErrors?: AppendResult['recordErrors']): AppendResult {
  return {
    error,
    baseOffset: NONE,
    lastOffset: NONE,
    logAppendTimeMs: NONE,
    logStartOffset: NONE,
    ...(message === undefined ? {} : { message }),
    ...(recordErrors === undefined ? {} : { recordErrors }),
  };
}

function refused(error: number, message?: string): ProduceEntry {
  return { result: failedAppend(error, message) };
}
