/** The replicas that lie on this broker, by `topic-partition`, and those that should but whose log directory is offline. */
import { ErrorCode } from '../protocol/errors.ts';
import { type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import type { Partition } from './partition.ts';
import type { ClusterView } from './ports.ts';

export class HostedPartitions {
  readonly #cluster: () => ClusterView;
  readonly #partitions = new Map<TopicPartitionKey, Partition>();
  /** Replicas that should be here but whose log directory was offline when they were to be created. */
  readonly #withoutLog = new Set<string>();

  constructor(cluster: () => ClusterView) {
    this.#cluster = cluster;
  }

  get(key: TopicPartitionKey): Partition | undefined {
    return this.#partitions.get(key);
  }

  all(): Iterable<Partition> {
    return this.#partitions.values();
  }

  add(partition: Partition): void {
    this.#partitions.set(partition.key, partition);
    this.#withoutLog.delete(partition.key);
  }

  remove(key: TopicPartitionKey): void {
    this.#partitions.delete(key);
  }

  /** A replica is to be here, but its log is not to be had. */
  addWithoutLog(key: TopicPartitionKey): void {
    this.#withoutLog.add(key);
  }

  removeWithoutLog(key: TopicPartitionKey): void {
    this.#withoutLog.delete(key);
  }

  /** The hosted replica, or why there is none: KAFKA_STORAGE_ERROR, NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION. */
  find(topic: string, index: number): Partition | number {
    const key = topicPartitionKey(topic, index);
    const partition = this.#partitions.get(key);
    if (partition !== undefined) return partition;
    if (this.#withoutLog.has(key)) return ErrorCode.KAFKA_STORAGE_ERROR;
    const image = this.#cluster();
    const isKnown = image.topicsById.get(image.topicIds.get(topic) ?? '')?.partitions.has(index) ?? false;
    return isKnown ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }
}
