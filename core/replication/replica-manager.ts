/**
 * All replicas of a broker (Kafka's ReplicaManager), put together: committed metadata make the replicas, request handlers append
 * to them and read them, and what must wait is looked at again when something has happened. Each of these has its own file.
 */
import type { Environment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import type { LogManager } from '../log/log-manager.ts';
import { StorageError } from '../log/types.ts';
import { metadataVersionOf } from '../metadata/features.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type BrokerEpoch, type BrokerId, type LeaderEpoch, NONE, type Offset } from '../protocol/numbers.ts';
import { type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import { Refusals } from '../refusals.ts';
import { AlterPartitionManager } from './alter-partition-manager.ts';
import { DelayedCommit } from './delayed-commit.ts';
import type { DeleteRecordsResult } from './delayed-delete-records.ts';
import { type EpochEndResult, endOffsetForEpoch } from './epoch-end.ts';
import { HostedPartitions } from './hosted-partitions.ts';
import { type ListOffsetsResult, listOffsets, type OffsetIsolation } from './list-offsets.ts';
import type { Partition } from './partition.ts';
import type { PartitionContext } from './partition-state.ts';
import type {
  ClusterView,
  ControllerChannel,
  Endpoint,
  InterBrokerRpc,
  ReplicationConfig,
  TopicsDelta,
  TransactionVerifier,
} from './ports.ts';
import { Purgatory } from './purgatory.ts';
import { RecordDeletions } from './record-deletions.ts';
import { ReplicaAppends } from './replica-appends.ts';
import { ReplicaAssignments } from './replica-assignments.ts';
import { ReplicaFetcherManager } from './replica-fetcher-manager.ts';
import { ReplicaFetches } from './replica-fetches.ts';
import type {
  AppendOptions,
  FetchParams,
  FetchPartition,
  FetchPartitionResult,
  ProduceOptions,
  TopicSettings,
  VerifiedPartition,
  WritingTransaction,
} from './types.ts';
import { VerifiedAppends } from './verified-appends.ts';
import { WakeQueue } from './wake-queue.ts';

export interface ReplicaManagerOptions {
  readonly brokerId: BrokerId;
  readonly brokerEpoch: () => BrokerEpoch;
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
  /** This broker began to lead a partition later than it was told to: its name was still taken by a log on its way out. */
  readonly onLateLeader?: (topic: string, partition: number, leaderEpoch: LeaderEpoch) => void;
  /** Null, the default: nobody can be asked about transactions. */
  readonly transactionVerifier?: TransactionVerifier | null;
  /** Effective settings of a topic. */
  readonly topicSettings: (topic: string) => TopicSettings;
}

/** An epoch is the only limit. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

export class ReplicaManager {
  readonly #env: Environment;
  readonly #options: ReplicaManagerOptions;
  #image: ClusterView;
  readonly #partitions: HostedPartitions;
  readonly #alterPartitions: AlterPartitionManager;
  readonly #fetchers: ReplicaFetcherManager;
  readonly #assignments: ReplicaAssignments;
  readonly #appends: ReplicaAppends;
  readonly #verifiedAppends: VerifiedAppends;
  readonly #reads: ReplicaFetches;
  readonly #deletions: RecordDeletions;
  readonly #wakes: WakeQueue;
  readonly #refusals: Refusals;
  readonly #produces: Purgatory;
  readonly #fetches: Purgatory;
  readonly #deletes: Purgatory;
  #isrTimer: Timer | null = null;
  #closed = false;

  constructor(env: Environment, options: ReplicaManagerOptions) {
    const { brokerId, brokerEpoch, config, logs, rpc, onDirectoryUnknown } = options;
    this.#env = env;
    this.#options = options;
    this.#refusals = new Refusals(env.clock);
    this.#image = options.image();
    const cluster = (): ClusterView => this.#image;
    this.#partitions = new HostedPartitions(cluster);
    this.#alterPartitions = new AlterPartitionManager(env, brokerId, brokerEpoch, options.toController);
    this.#produces = new Purgatory(env);
    this.#fetches = new Purgatory(env);
    this.#deletes = new Purgatory(env);
    this.#wakes = new WakeQueue((key) => {
      this.#fetches.check(key);
      this.#produces.check(key);
      this.#deletes.check(key);
    });
    const partitions = this.#partitions;
    const wakes = this.#wakes;
    const context: PartitionContext = {
      env,
      brokerId,
      brokerEpoch,
      cluster,
      alterPartitions: this.#alterPartitions,
      replicaLagMaxMs: config['replica.lag.time.max.ms'],
      settings: options.topicSettings,
      wake: (key) => wakes.wake(key),
    };
    const metadataVersion = (): number => metadataVersionOf(options.image().features);
    const shared = { brokerId, brokerEpoch, config, rpc, metadataVersion };
    const fetchers = new ReplicaFetcherManager(env, shared, (broker) => this.#endpointOf(broker));
    this.#fetchers = fetchers;
    const onVisibleEndAdvanced = (partition: Partition): void => this.#onVisibleEndAdvanced(partition);
    this.#assignments = new ReplicaAssignments({
      env,
      logs,
      context,
      partitions,
      fetchers,
      onDirectoryUnknown,
      onLateLeader: options.onLateLeader,
      inOneStep: (change) => this.#inOneStep(change),
      onVisibleEndAdvanced,
    });
    const { clock, tracer, random } = env;
    const replicaSelector = config['replica.selector.class'];
    this.#appends = new ReplicaAppends(env, partitions, this.#produces, wakes);
    const verifier = options.transactionVerifier ?? null;
    this.#verifiedAppends = new VerifiedAppends(env, { config, partitions, appends: this.#appends, verifier });
    this.#reads = new ReplicaFetches({
      clock,
      tracer,
      random,
      brokerId,
      replicaSelector,
      cluster,
      partitions,
      waiting: this.#fetches,
      wakes,
    });
    this.#deletions = new RecordDeletions(partitions, this.#deletes, wakes);
    this.#scheduleIsrCheck();
  }

  /** A hosted replica by its `topic-partition` key. */
  partition(key: TopicPartitionKey): Partition | undefined {
    return this.#partitions.get(key);
  }

  allPartitions(): Iterable<Partition> {
    return this.#partitions.all();
  }

  /** The metadata as this broker's replicas have them. */
  get cluster(): ClusterView {
    return this.#image;
  }

  /** Requests that wait, for inspection. */
  get delayedOperations(): { readonly produce: number; readonly fetch: number; readonly deleteRecords: number } {
    return { produce: this.#produces.size, fetch: this.#fetches.size, deleteRecords: this.#deletes.size };
  }

  close(): void {
    this.#closed = true;
    this.#wakes.close();
    this.#isrTimer?.cancel();
    this.#alterPartitions.close();
    this.#fetchers.close();
    this.#verifiedAppends.close();
    this.#produces.close();
    this.#fetches.close();
    this.#deletes.close();
  }

  // --- what happens to the replicas ---

  /** Takes a new image: `delta` is what changed. To be called for every image, also when only brokers changed. */
  applyDelta(delta: TopicsDelta, image: ClusterView): void {
    this.#image = image;
    this.#inOneStep(() => this.#assignments.apply(delta));
  }

  #inOneStep(change: () => void): void {
    if (this.#closed) return;
    this.#wakes.enter();
    change();
    this.#wakes.leave();
  }

  /** A topic's configs changed. */
  onTopicConfigChanged(topic: string): void {
    this.#wakes.enter();
    for (const partition of this.#partitions.all()) if (partition.topic === topic) partition.refreshSettings();
    this.#wakes.leave();
  }

  /** A log directory failed: its replicas are offline. To be called by the log manager's failure handler. */
  handleLogDirectoryFailure(partitions: readonly TopicPartitionKey[]): void {
    this.#wakes.enter();
    for (const key of partitions) {
      const partition = this.#partitions.get(key);
      if (partition !== undefined) this.#assignments.takeOffline(partition);
    }
    this.#wakes.leave();
    if (this.#options.logs.liveDirectories().length === 0) this.#env.halt('all log directories have failed');
  }

  #onVisibleEndAdvanced(partition: Partition): void {
    if (this.#closed) return;
    this.#wakes.enter();
    partition.onVisibleEndAdvanced();
    const { role } = partition;
    if (role.kind === 'follower') this.#fetchers.refresh(partition, role.leader);
    this.#wakes.leave();
  }

  #scheduleIsrCheck(): void {
    this.#isrTimer = this.#env.timers.after(Math.max(1, this.#options.config['replica.lag.time.max.ms'] >> 1), () => {
      this.#wakes.enter();
      for (const partition of this.#partitions.all()) partition.maybeShrinkIsr();
      // Retention may have moved the start of a log that had nothing else to say.
      this.#fetchers.refreshAll();
      this.#wakes.leave();
      this.#scheduleIsrCheck();
    });
  }

  #endpointOf(broker: number): Endpoint | null {
    const address = this.#image.brokers.get(broker)?.endpoints.get(this.#options.interBrokerListener);
    return address === undefined ? null : { id: String(broker), host: address.host, port: address.port };
  }

  // --- requests ---

  /** Appends to partitions this broker leads. acks=-1 is answered when the high watermark has passed everything, or on time-out. */
  append(options: AppendOptions): void {
    this.#appends.append(options);
  }

  /** Appends for a client; batches of a transaction when its coordinator has said that the partition takes part, or has been told so. */
  produce(options: ProduceOptions): void {
    this.#verifiedAppends.produce(options);
  }

  /** Asks a transaction's coordinator about a partition that a coordinator of this broker is about to append to. */
  verifyTransaction(
    topic: string,
    partition: number,
    transaction: WritingTransaction,
    done: (verified: VerifiedPartition) => void,
  ): void {
    this.#verifiedAppends.verify(topic, partition, transaction, done);
  }

  /**
   * Reads partitions in order. Answers at once if there is enough, if anything failed or diverged, or if the request does
   * not want to wait; else when there is enough, or after maxWaitMs. `done` gets the results in the order of the requests.
   */
  fetch(
    params: FetchParams,
    requests: readonly FetchPartition[],
    done: (results: readonly FetchPartitionResult[]) => void,
  ): void {
    this.#reads.fetch(params, requests, done);
  }

  /** OffsetForLeaderEpoch: where `leaderEpoch` (or the largest known below it) ends. -1 and -1 if nothing is known. */
  endOffsetForEpoch(topic: string, index: number, currentLeaderEpoch: LeaderEpoch, leaderEpoch: LeaderEpoch): EpochEndResult {
    const partition = this.#partitions.find(topic, index);
    const result =
      typeof partition === 'number'
        ? { error: partition, leaderEpoch: NONE, endOffset: NONE }
        : endOffsetForEpoch(partition, currentLeaderEpoch, leaderEpoch);
    this.#traceRefused('OffsetForLeaderEpoch', topic, index, currentLeaderEpoch, result.error);
    return result;
  }

  /** ListOffsets for one partition; see list-offsets.ts. */
  listOffsets(
    topic: string,
    index: number,
    timestamp: number,
    currentLeaderEpoch: LeaderEpoch,
    isolation: OffsetIsolation,
  ): ListOffsetsResult {
    const result = this.#lookUp(topic, index, (partition) => listOffsets(partition, timestamp, currentLeaderEpoch, isolation));
    this.#traceRefused('ListOffsets', topic, index, currentLeaderEpoch, result.error);
    return result;
  }

  #lookUp(topic: string, index: number, read: (partition: Partition) => ListOffsetsResult): ListOffsetsResult {
    const failed = (error: number): ListOffsetsResult => ({ error, timestamp: NONE, offset: NONE, leaderEpoch: NONE });
    const partition = this.#partitions.find(topic, index);
    if (typeof partition === 'number') return failed(partition);
    try {
      return read(partition);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return failed(ErrorCode.KAFKA_STORAGE_ERROR);
    }
  }

  #traceRefused(api: string, topic: string, index: number, requestEpoch: LeaderEpoch, error: number): void {
    if (error === ErrorCode.NONE) return;
    const detail = `${topicPartitionKey(topic, index)}, leader epoch ${requestEpoch}`;
    const times = this.#refusals.count(`${api}/${detail}/${error}`);
    if (times > 0) this.#env.tracer.emit({ type: 'request-rejected', api, error, detail, times });
  }

  /**
   * Calls once the high watermark of a partition that this broker leads has reached an offset, with error 0, now or later; with
   * NOT_LEADER_OR_FOLLOWER when the leader epoch is over before.
   */
  whenCommitted(key: TopicPartitionKey, leaderEpoch: LeaderEpoch, offset: Offset, done: (error: number) => void): void {
    const partition = this.#partitions.get(key);
    if (partition === undefined) done(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    else this.#produces.tryCompleteElseWatch(new DelayedCommit(partition, leaderEpoch, offset, done), [key], NO_TIMEOUT_MS);
  }

  /** Moves log starts up (-1: to the high watermark); answered when every live replica has followed, or on time-out. */
  deleteRecords(
    entries: readonly { readonly topic: string; readonly partition: number; readonly offset: Offset }[],
    timeoutMs: number,
    done: (results: readonly DeleteRecordsResult[]) => void,
  ): void {
    this.#deletions.delete(entries, timeoutMs, done);
  }
}
