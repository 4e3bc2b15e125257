/** OffsetForLeaderEpoch: where an epoch ends in the leader's log (KIP-101, KIP-320). */
import { partitionOf } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { Handler } from '../BrokerContext.ts';

export const handleOffsetForLeaderEpoch: Handler<'OffsetForLeaderEpoch'> = (broker, request) => {
  const image = broker.image();
  request.respond({
    topics: request.body.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
        if (partitionOf(image, topic, partition) === undefined) {
          return { partition, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, leaderEpoch: -1, endOffset: -1 };
        }
        const end = broker.replicas.endOffsetForEpoch(topic, partition, currentLeaderEpoch, leaderEpoch);
        return { partition, errorCode: end.error, leaderEpoch: end.leaderEpoch, endOffset: end.endOffset };
      }),
    })),
  });
};
