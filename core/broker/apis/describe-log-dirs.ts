/** DescribeLogDirs: what each log directory of this broker holds (KIP-113). */
import { cordonedDirectories } from '../../config/index.ts';
import { metadataVersionOf } from '../../metadata/features.ts';
import { supportsCordonedDirectories } from '../../metadata/metadata-version.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const describeLogDirsApi = defineApi({
  name: 'DescribeLogDirs',
  versions: [1, 5],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: { request: onCluster(AclOperation.DESCRIBE) },
    handle(broker, request) {
      const { topics } = request.body;
      const wanted =
        topics === null
          ? null
          : new Set(topics.flatMap(({ topic, partitions }) => partitions.map((index) => topicPartitionKey(topic, index))));
      const isKnown = supportsCordonedDirectories(metadataVersionOf(broker.image().features));
      const cordoned = isKnown ? cordonedDirectories(broker.config) : [];
      const live = broker.logs.liveDirectories().map(({ path }) => {
        const byTopic = new Map<
          string,
          { partitionIndex: number; partitionSize: number; offsetLag: number; isFutureKey: boolean }[]
        >();
        for (const log of broker.logs.allLogs()) {
          if (!log.directory.startsWith(`${path}/`) || (wanted !== null && !wanted.has(log.partition))) continue;
          const { topic, partition } = log.topicPartition;
          const partitions = byTopic.get(topic) ?? [];
          byTopic.set(topic, partitions);
          partitions.push({
            partitionIndex: partition,
            partitionSize: log.sizeInBytes,
            offsetLag: Math.max(log.highWatermark - log.logEndOffset, 0),
            isFutureKey: false,
          });
        }
        const described = [...byTopic].map(([name, partitions]) => ({ name, partitions }));
        return {
          errorCode: ErrorCode.NONE,
          logDir: path,
          topics: described,
          totalBytes: -1,
          usableBytes: -1,
          isCordoned: cordoned.includes(path),
        };
      });
      const offline = broker.logs
        .offlineDirectories()
        .map((logDir) => ({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir, topics: [], totalBytes: -1, usableBytes: -1 }));
      request.respond({ errorCode: ErrorCode.NONE, results: [...live, ...offline] });
    },
  },
});
