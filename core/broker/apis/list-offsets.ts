/** ListOffsets: offsets by time, or the earliest, latest and highest-dated ones. */
import { partitionOf } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { ListOffsetsResponseListOffsetsPartitionResponse } from '../../protocol/messages/index.ts';
import { LeaderEpoch } from '../../protocol/numbers.ts';
import type { Draft } from '../../protocol/schema.ts';
import {
  EARLIEST_LOCAL_TIMESTAMP,
  EARLIEST_PENDING_UPLOAD_TIMESTAMP,
  EARLIEST_TIMESTAMP,
  LATEST_TIERED_TIMESTAMP,
  LATEST_TIMESTAMP,
  MAX_TIMESTAMP,
  type OffsetIsolation,
} from '../../replication/list-offsets.ts';
import { AclOperation } from '../../security/acl.ts';
import { onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';

const READ_COMMITTED = 1;
const CONSUMER = -1;
/** Versions below know neither OFFSET_NOT_AVAILABLE (KIP-207) nor what to do with it. */
const OFFSET_NOT_AVAILABLE_VERSION = 5;
/** The version of ListOffsets that each special timestamp came with (KIP-734, KIP-405, KIP-1005, KIP-1023). */
const KNOWN_SINCE: ReadonlyMap<number, number> = new Map([
  [LATEST_TIMESTAMP, 1],
  [EARLIEST_TIMESTAMP, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL_TIMESTAMP, 8],
  [LATEST_TIERED_TIMESTAMP, 9],
  [EARLIEST_PENDING_UPLOAD_TIMESTAMP, 11],
]);

export const listOffsetsApi = defineApi({
  name: 'ListOffsets',
  versions: [1, 11],
  failed: ({ body, errorCode }) => ({
    topics: body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
  controller: null,
  broker: {
    authorization: { items: { describe: onTopic(AclOperation.DESCRIBE) } },
    handle(broker, request, may) {
      const { replicaId, isolationLevel, topics } = request.body;
      const isolation: OffsetIsolation =
        replicaId !== CONSUMER ? 'replica' : isolationLevel === READ_COMMITTED ? 'read-committed' : 'read-uncommitted';
      request.respond({
        topics: topics.map(({ name, partitions }) => {
          if (!may.describe(name)) {
            const error = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
            return { name, partitions: partitions.map(({ partitionIndex }) => failed(partitionIndex, error)) };
          }
          const seen = new Map<number, number>();
          for (const { partitionIndex } of partitions) seen.set(partitionIndex, (seen.get(partitionIndex) ?? 0) + 1);
          return {
            name,
            partitions: partitions.flatMap(({ partitionIndex, timestamp, currentLeaderEpoch }, index) => {
              if (seen.get(partitionIndex) === 1)
                return find(broker, name, partitionIndex, timestamp, currentLeaderEpoch, isolation, request.version);
              const isFirst = partitions.findIndex((other) => other.partitionIndex === partitionIndex) === index;
              return isFirst ? failed(partitionIndex, ErrorCode.INVALID_REQUEST) : [];
            }),
          };
        }),
      });
    },
  },
});

function failed(partitionIndex: number, errorCode: number): Draft<ListOffsetsResponseListOffsetsPartitionResponse> {
  return { partitionIndex, errorCode, timestamp: -1, offset: -1, leaderEpoch: -1 };
}

function find(
  broker: BrokerContext,
  topic: string,
  partitionIndex: number,
  timestamp: number,
  currentLeaderEpoch: number,
  isolation: OffsetIsolation,
  version: number,
): Draft<ListOffsetsResponseListOffsetsPartitionResponse> {
  if (partitionOf(broker.image(), topic, partitionIndex) === undefined) {
    return failed(partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  }
  if (timestamp < 0 && version < (KNOWN_SINCE.get(timestamp) ?? Number.MAX_SAFE_INTEGER)) {
    return failed(partitionIndex, ErrorCode.UNSUPPORTED_VERSION);
  }
  const found = broker.replicas.listOffsets(topic, partitionIndex, timestamp, LeaderEpoch(currentLeaderEpoch), isolation);
  if (found.error === ErrorCode.OFFSET_NOT_AVAILABLE && version < OFFSET_NOT_AVAILABLE_VERSION) {
    return failed(partitionIndex, ErrorCode.LEADER_NOT_AVAILABLE);
  }
  const { error, offset, leaderEpoch } = found;
  return { partitionIndex, errorCode: error, timestamp: found.timestamp, offset, leaderEpoch };
}
