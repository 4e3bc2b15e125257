/** OffsetForLeaderEpoch: where an epoch ends in the leader's log (KIP-101, KIP-320). */
import { partitionOf } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { LeaderEpoch } from '../../protocol/numbers.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const offsetForLeaderEpochApi = defineApi({
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  failed: ({ body, errorCode }) => ({
    topics: body.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
    })),
  }),
  controller: null,
  broker: {
    authorization: {
      // Followers, and since KIP-320 consumers too.
      items: { askAsFollower: onCluster(AclOperation.CLUSTER_ACTION), describe: onTopic(AclOperation.DESCRIBE) },
    },
    handle(broker, request, may) {
      const image = broker.image();
      const mayAskAll = may.askAsFollower();
      request.respond({
        topics: request.body.topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
            if (!mayAskAll && !may.describe(topic)) {
              return { partition, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, leaderEpoch: -1, endOffset: -1 };
            }
            if (partitionOf(image, topic, partition) === undefined) {
              return { partition, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, leaderEpoch: -1, endOffset: -1 };
            }
            const end = broker.replicas.endOffsetForEpoch(
              topic,
              partition,
              LeaderEpoch(currentLeaderEpoch),
              LeaderEpoch(leaderEpoch),
            );
            return { partition, errorCode: end.error, leaderEpoch: end.leaderEpoch, endOffset: end.endOffset };
          }),
        })),
      });
    },
  },
});
