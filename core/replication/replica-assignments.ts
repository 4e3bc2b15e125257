/**
 * Makes of this broker's replicas what committed metadata say: creates and stops them, has them lead or follow. A replica whose
 * log directory is offline is kept track of, never replaced by an empty one.
 */
import { greater } from '../../ports/brand.ts';
import type { Environment } from '../environment.ts';
import type { Log } from '../log/log.ts';
import type { LogManager } from '../log/log-manager.ts';
import { StorageError } from '../log/types.ts';
import type { BrokerId, LeaderEpoch } from '../protocol/numbers.ts';
import { type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import type { HostedPartitions } from './hosted-partitions.ts';
import { Partition } from './partition.ts';
import type { PartitionContext } from './partition-state.ts';
import type { PartitionView, TopicsDelta } from './ports.ts';
import type { ReplicaFetcherManager } from './replica-fetcher-manager.ts';
import { NO_LEADER } from './types.ts';

export interface ReplicaAssignmentsOptions {
  readonly env: Environment;
  readonly logs: LogManager;
  /** What new partitions are given. */
  readonly context: PartitionContext;
  readonly partitions: HostedPartitions;
  readonly fetchers: ReplicaFetcherManager;
  /** A replica lies in another directory than the metadata say (KIP-858). */
  readonly onDirectoryUnknown: (topicId: string, partition: number, directoryId: string) => void;
  /** See ReplicaManagerOptions. */
  readonly onLateLeader: ((topic: string, partition: number, leaderEpoch: LeaderEpoch) => void) | undefined;
  /** Runs a change of replicas that no metadata delta brought, as one step. */
  readonly inOneStep: (change: () => void) => void;
  /** More of a replica's log became visible (a sync ended). */
  readonly onVisibleEndAdvanced: (partition: Partition) => void;
}

/** What the metadata say of a partition that can't be here yet. */
interface Awaited {
  readonly topic: string;
  readonly index: number;
  readonly topicId: string;
  readonly view: PartitionView;
}

export class ReplicaAssignments {
  readonly #options: ReplicaAssignmentsOptions;
  readonly #partitions: HostedPartitions;
  readonly #fetchers: ReplicaFetcherManager;
  readonly #brokerId: BrokerId;
  /** Replicas, by `topic-partition`, whose name a log of an older topic has not given up yet. */
  readonly #awaited = new Map<TopicPartitionKey, Awaited>();

  constructor(options: ReplicaAssignmentsOptions) {
    this.#options = options;
    this.#partitions = options.partitions;
    this.#fetchers = options.fetchers;
    this.#brokerId = options.context.brokerId;
  }

  /** Applies what changed in the metadata. */
  apply(delta: TopicsDelta): void {
    // Deletions first: a new topic may have the name of a deleted one.
    if (delta.deletedTopicIds.size > 0) {
      for (const partition of this.#partitions.all()) {
        if (delta.deletedTopicIds.has(partition.topicId)) this.#stop(partition);
      }
      for (const [key, { topicId }] of this.#awaited) if (delta.deletedTopicIds.has(topicId)) this.#awaited.delete(key);
    }
    for (const [topicId, topic] of delta.changedTopics) {
      for (const index of topic.removedPartitions) this.#stopIfHosted(topic.name, index, topicId);
      for (const [index, view] of topic.changedPartitions) this.#applyPartition(topic.name, index, topicId, view);
    }
    this.#fetchers.closeIdle();
  }

  /** The replica's log directory failed. */
  takeOffline(partition: Partition): void {
    this.#fetchers.remove(partition);
    partition.markOffline();
  }

  #applyPartition(topic: string, index: number, topicId: string, view: PartitionView): void {
    const isReplica = view.replicas.includes(this.#brokerId);
    if (!isReplica) {
      this.#stopIfHosted(topic, index, topicId);
      return;
    }
    try {
      const partition = this.#getOrCreate(topic, index, topicId, view);
      if (partition === null) return;
      if (view.leader === this.#brokerId) this.#lead(partition, view);
      else this.#follow(partition, view);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      const key = topicPartitionKey(topic, index);
      const partition = this.#partitions.get(key);
      if (partition === undefined) this.#partitions.addWithoutLog(key);
      else this.takeOffline(partition);
    }
  }

  /** Null: not now. The replica's log directory is offline, or may be, or an older topic's log of that name is still on its way out. */
  #getOrCreate(topic: string, index: number, topicId: string, view: PartitionView): Partition | null {
    const key = topicPartitionKey(topic, index);
    const { logs, context } = this.#options;
    const assigned = view.directories[view.replicas.indexOf(this.#brokerId)];
    const existing = this.#partitions.get(key);
    if (existing?.topicId === topicId) {
      if (existing.role.kind === 'offline') return null;
      this.#checkDirectory(existing, assigned);
      return existing;
    }
    // Another topic of the same name, whose deletion this broker has slept through: nothing of it may be served as the new one.
    if (existing !== undefined) this.#stop(existing);
    // Its log may lie in a directory that is offline: an empty one in its place would deny what the replica once confirmed.
    if (!logs.mayCreate(key, assigned)) {
      this.#partitions.addWithoutLog(key);
      return null;
    }
    const log = logs.getOrCreate(topic, index, topicId, assigned);
    if (log === null) {
      this.#await(key, { topic, index, topicId, view });
      return null;
    }
    this.#loadHighWatermark(key, log);
    const partition = new Partition(context, topic, index, topicId, log);
    log.onVisibleEndAdvanced = () => this.#options.onVisibleEndAdvanced(partition);
    this.#partitions.add(partition);
    // Before anything is written: should the directory fail in this very step, the controller still learns whose replica it was.
    this.#checkDirectory(partition, assigned);
    return partition;
  }

  /** Kafka waits inside of the deletion; until then a replica is not here, and requests for it are told NOT_LEADER_OR_FOLLOWER. */
  #await(key: TopicPartitionKey, awaited: Awaited): void {
    const isAsked = this.#awaited.has(key);
    this.#awaited.set(key, awaited);
    if (!isAsked) this.#options.logs.onceGone(key, () => this.#options.inOneStep(() => this.#arrive(key)));
  }

  #arrive(key: TopicPartitionKey): void {
    const awaited = this.#awaited.get(key);
    if (!this.#awaited.delete(key) || awaited === undefined) return;
    const { topic, index, topicId, view } = awaited;
    this.#applyPartition(topic, index, topicId, view);
    if (this.#partitions.get(key)?.isLeader) this.#options.onLateLeader?.(topic, index, view.leaderEpoch);
  }

  #checkDirectory(partition: Partition, assigned: string | undefined): void {
    const actual = this.#options.logs.directoryIdOf(partition.key);
    if (actual !== null && actual !== assigned) this.#options.onDirectoryUnknown(partition.topicId, partition.index, actual);
  }

  /** What was committed before the restart, as far as the checkpoint knows it and the log has it. */
  #loadHighWatermark(key: TopicPartitionKey, log: Log): void {
    const from = log.highWatermark;
    const to = log.updateHighWatermark(greater(from, this.#options.logs.checkpointedHighWatermark(key)));
    this.#options.env.tracer.emit({ type: 'high-watermark-set', partition: key, from, to, reason: 'load' });
  }

  #lead(partition: Partition, view: PartitionView): void {
    this.#fetchers.remove(partition);
    partition.makeLeader(view);
  }

  #follow(partition: Partition, view: PartitionView): void {
    const isNewEpoch = partition.makeFollower(view);
    if (!isNewEpoch) return;
    this.#fetchers.remove(partition);
    if (view.leader !== NO_LEADER) this.#fetchers.add(partition, view.leader);
  }

  #stopIfHosted(topic: string, index: number, topicId: string): void {
    const key = topicPartitionKey(topic, index);
    this.#partitions.removeWithoutLog(key);
    if (this.#awaited.get(key)?.topicId === topicId) this.#awaited.delete(key);
    const partition = this.#partitions.get(key);
    if (partition?.topicId === topicId) this.#stop(partition);
  }

  #stop(partition: Partition): void {
    this.#fetchers.remove(partition);
    this.#partitions.remove(partition.key);
    const wasOffline = partition.role.kind === 'offline';
    partition.log.onVisibleEndAdvanced = null;
    partition.stop(true);
    if (!wasOffline) this.#options.logs.asyncDelete(partition.key);
  }
}
