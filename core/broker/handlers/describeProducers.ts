/** DescribeProducers: the producers that a partition's leader remembers (KIP-664). */
import { partitionOf } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeProducersResponsePartitionResponse } from '../../protocol/messages/index.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation } from '../../security/acl.ts';
import type { BrokerContext, Handler } from '../BrokerContext.ts';
import { isValidTopicName } from '../topicNames.ts';

export const handleDescribeProducers: Handler<'DescribeProducers'> = (broker, request) => {
  request.respond({
    topics: request.body.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: broker.auth.topic(request, AclOperation.READ, name)
        ? partitionIndexes.map((index) => describe(broker, name, index))
        : partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED })),
    })),
  });
};

function describe(
  broker: BrokerContext,
  topic: string,
  partitionIndex: number,
): Draft<DescribeProducersResponsePartitionResponse> {
  if (!isValidTopicName(topic)) {
    return { partitionIndex, errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: `'${topic}' is not a topic name.` };
  }
  if (partitionOf(broker.image(), topic, partitionIndex) === undefined) {
    const errorMessage = `There is no partition ${partitionIndex} of a topic '${topic}'.`;
    return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage };
  }
  const partition = broker.replicas.partition(topicPartitionKey(topic, partitionIndex));
  if (partition === undefined || !partition.isLeader) return { partitionIndex, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER };
  return { partitionIndex, errorCode: ErrorCode.NONE, activeProducers: partition.log.activeProducers() };
}
