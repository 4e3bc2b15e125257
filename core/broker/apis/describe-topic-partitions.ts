/** DescribeTopicPartitions: topics in name order, in pages, with eligible leader replicas (KIP-966). */
import { ApiError } from '../../controller/api-error.ts';
import { type MetadataImage, type TopicImage, topicByName } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';
import { endpointOf, offlineReplicas } from '../metadata-view.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { AclOperation, AclResourceType } from '../../security/acl.ts';
import { onTopic } from '../../security/permissions.ts';
import { isInternalTopic, isValidTopicName } from '../topic-names.ts';

type TopicAnswer = Draft<DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic>;

export const describeTopicPartitionsApi = defineApi({
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  failed: ({ body, errorCode }) => ({ topics: body.topics.map(({ name }) => ({ errorCode, name })) }),
  controller: null,
  broker: {
    authorization: { items: { describe: onTopic(AclOperation.DESCRIBE) } },
    handle(broker, request, may) {
      const image = broker.image();
      const { topics: asked, responsePartitionLimit, cursor } = request.body;
      checkCursor(cursor, asked);
      const limit = Math.max(1, Math.min(broker.config['max.request.partition.size.limit'], responsePartitionLimit));
      const names = (asked.length === 0 ? [...image.topicIds.keys()] : asked.map(({ name }) => name))
        .filter((name) => cursor === null || name >= cursor.topicName)
        .sort();
      const hidden: TopicAnswer[] = [];
      const topics: TopicAnswer[] = [];
      let left = limit;
      let nextCursor: { topicName: string; partitionIndex: number } | null = null;
      for (const name of new Set(names)) {
        if (!may.describe(name)) {
          // Does not tell whether there is such a topic.
          if (asked.length > 0) hidden.push({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name });
          continue;
        }
        const topic = topicByName(image, name);
        if (topic === undefined) {
          const errorCode = isValidTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
          topics.push(withOperations(broker, request, { errorCode, name, isInternal: isInternalTopic(name) }));
          continue;
        }
        const first = cursor !== null && cursor.topicName === name ? cursor.partitionIndex : 0;
        if (left === 0) {
          nextCursor = { topicName: name, partitionIndex: first };
          break;
        }
        const indexes = [...topic.partitions.keys()].filter((index) => index >= first).sort((a, b) => a - b);
        topics.push(withOperations(broker, request, describe(image, topic, indexes.slice(0, left), request.listener)));
        const beyond = indexes[left];
        if (beyond !== undefined) {
          nextCursor = { topicName: name, partitionIndex: beyond };
          break;
        }
        left -= indexes.length;
      }
      request.respond({ topics: [...topics, ...hidden], nextCursor });
    },
  },
});

function withOperations(broker: BrokerContext, request: IncomingRequest, topic: TopicAnswer): TopicAnswer {
  const operations = broker.auth.authorizedOperations(request, AclResourceType.TOPIC, topic.name ?? '');
  return { ...topic, topicAuthorizedOperations: operations };
}

function checkCursor(
  cursor: { readonly topicName: string; readonly partitionIndex: number } | null,
  asked: readonly { readonly name: string }[],
): void {
  if (cursor === null) return;
  if (cursor.partitionIndex < 0) throw new ApiError(ErrorCode.INVALID_REQUEST, `${cursor.partitionIndex} is no partition.`);
  if (asked.length > 0 && !asked.some(({ name }) => name >= cursor.topicName)) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, `No topic comes after the cursor's, '${cursor.topicName}'.`);
  }
}

function describe(image: MetadataImage, topic: TopicImage, indexes: readonly number[], listener: string): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: indexes.flatMap((partitionIndex) => {
      const partition = topic.partitions.get(partitionIndex);
      if (partition === undefined) return [];
      const leader = endpointOf(image, partition.leader, listener);
      return [
        {
          errorCode: leader === null ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
          partitionIndex,
          leaderId: leader === null ? -1 : partition.leader,
          leaderEpoch: partition.leaderEpoch,
          replicaNodes: partition.replicas,
          isrNodes: partition.isr,
          eligibleLeaderReplicas: partition.elr,
          lastKnownElr: partition.lastKnownElr,
          offlineReplicas: offlineReplicas(image, partition, listener),
        },
      ];
    }),
  };
}
