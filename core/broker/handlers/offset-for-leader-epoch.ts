/** OffsetForLeaderEpoch: where an epoch ends in the leader's log (KIP-101, KIP-320). */
import { partitionOf } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import type { Handler } from '../broker-context.ts';

export const handleOffsetForLeaderEpoch: Handler<'OffsetForLeaderEpoch'> = (broker, request) => {
  const image = broker.image();
  // Followers, and since KIP-320 consumers too.
  const mayAskAll = broker.auth.cluster(request, AclOperation.CLUSTER_ACTION);
  request.respond({
    topics: request.body.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
        if (!mayAskAll && !broker.auth.topic(request, AclOperation.DESCRIBE, topic)) {
          return { partition, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, leaderEpoch: -1, endOffset: -1 };
        }
        if (partitionOf(image, topic, partition) === undefined) {
          return { partition, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, leaderEpoch: -1, endOffset: -1 };
        }
        const end = broker.replicas.endOffsetForEpoch(topic, partition, currentLeaderEpoch, leaderEpoch);
        return { partition, errorCode: end.error, leaderEpoch: end.leaderEpoch, endOffset: end.endOffset };
      }),
    })),
  });
};
