/** DescribeProducers: the producers that a partition's leader remembers (KIP-664). */
import { partitionOf } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeProducersResponsePartitionResponse } from '../../protocol/messages/index.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation } from '../../security/acl.ts';
import type { BrokerContext, Handler } from '../BrokerContext.ts';

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
  if (partitionOf(broker.image(), topic, partitionIndex) === undefined) {
    return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  }
  const partition = broker.replicas.partition(topicPartitionKey(topic, partitionIndex));
  if (partition === undefined || !partition.isLeader) return { partitionIndex, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER };
  return { partitionIndex, errorCode: ErrorCode.NONE, activeProducers: partition.log.activeProducers() };
}
