/** What DescribeTopicPartitions (KIP-966) and, of brokers that do not have it, Metadata say of a topic, in one form. */
import type { DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic } from '../../protocol/messages/describe-topic-partitions-response.ts';
import type { MetadataResponseMetadataResponseTopic } from '../../protocol/messages/metadata-response.ts';

export interface TopicPartitionInfo {
  readonly partition: number;
  /** Broker id; -1: none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Eligible leader replicas; null: the cluster does not tell them. */
  readonly elr: readonly number[] | null;
  readonly lastKnownElr: readonly number[] | null;
}

export interface TopicDescription {
  readonly name: string;
  /** ZERO_UUID: the cluster is older than topic ids. */
  readonly topicId: string;
  readonly isInternal: boolean;
  /** In the order of their numbers. */
  readonly partitions: readonly TopicPartitionInfo[];
}

/** One topic of a page; a topic with many partitions may go on in the next page. */
export function fromTopicPartitions(
  topic: DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic,
): TopicDescription {
  return {
    name: topic.name ?? '',
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    partitions: topic.partitions
      .map((each) => ({
        partition: each.partitionIndex,
        leader: each.leaderId,
        replicas: each.replicaNodes,
        isr: each.isrNodes,
        elr: each.eligibleLeaderReplicas,
        lastKnownElr: each.lastKnownElr,
      }))
      .sort((a, b) => a.partition - b.partition),
  };
}

export function fromMetadata(topic: MetadataResponseMetadataResponseTopic): TopicDescription {
  return {
    name: topic.name ?? '',
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    partitions: topic.partitions
      .map((each) => ({
        partition: each.partitionIndex,
        leader: each.leaderId,
        replicas: each.replicaNodes,
        isr: each.isrNodes,
        elr: null,
        lastKnownElr: null,
      }))
      .sort((a, b) => a.partition - b.partition),
  };
}
