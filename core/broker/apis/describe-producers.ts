/** DescribeProducers: the producers that a replica of a partition remembers, whether it leads or follows (KIP-664). */
import { partitionOf, topicByName } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeProducersResponsePartitionResponse } from '../../protocol/messages/index.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation } from '../../security/acl.ts';
import { onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';
import { isValidTopicName } from '../topic-names.ts';

type PartitionAnswer = Omit<Draft<DescribeProducersResponsePartitionResponse>, 'partitionIndex'>;

export const describeProducersApi = defineApi({
  name: 'DescribeProducers',
  versions: [0, 0],
  failed: ({ body, errorCode, errorMessage }) => ({
    topics: body.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode, errorMessage })),
    })),
  }),
  controller: null,
  broker: {
    authorization: { items: { read: onTopic(AclOperation.READ) } },
    handle(broker, request, may) {
      request.respond({
        topics: request.body.topics.map(({ name, partitionIndexes }) => {
          const refusal = refuseTopic(broker, name, may.read);
          return {
            name,
            partitions: partitionIndexes.map((partitionIndex) => ({
              partitionIndex,
              ...(refusal ?? describe(broker, name, partitionIndex)),
            })),
          };
        }),
      });
    },
  },
});

function refuseTopic(broker: BrokerContext, topic: string, mayRead: (topic: string) => boolean): PartitionAnswer | null {
  if (!isValidTopicName(topic)) {
    return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: `'${topic}' is not a topic name.` };
  }
  if (!mayRead(topic)) return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
  if (topicByName(broker.image(), topic) !== undefined) return null;
  return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `There is no topic '${topic}'.` };
}

function describe(broker: BrokerContext, topic: string, index: number): PartitionAnswer {
  const partition = broker.replicas.partition(topicPartitionKey(topic, index));
  if (partition === undefined) {
    const isElsewhere = partitionOf(broker.image(), topic, index) !== undefined;
    return { errorCode: isElsewhere ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  }
  if (partition.role.kind === 'offline') return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
  return { errorCode: ErrorCode.NONE, activeProducers: partition.log.activeProducers() };
}
