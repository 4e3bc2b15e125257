/** AssignReplicasToDirs: a broker says in which of its log directories its replicas lie (KIP-858). */
import type { BrokerConfig } from '../config/index.ts';
import { metadataVersionOf } from '../metadata/features.ts';
import { supportsDirectories } from '../metadata/metadata-version.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { AssignReplicasToDirsRequest } from '../protocol/messages/assign-replicas-to-dirs-request.ts';
import type { AssignReplicasToDirsResponse } from '../protocol/messages/assign-replicas-to-dirs-response.ts';
import { BrokerEpoch } from '../protocol/numbers.ts';
import { ApiError } from './api-error.ts';
import type { Changes } from './changes.ts';
import { brokerOfEpoch } from './cluster.ts';
import { assignDirectory } from './partition-updates.ts';

/** Decides the request; each partition is answered by itself. Throws STALE_BROKER_EPOCH for another incarnation's request. */
export function assignReplicasToDirectories(
  changes: Changes,
  config: BrokerConfig,
  request: AssignReplicasToDirsRequest,
): AssignReplicasToDirsResponse {
  const { brokerId } = request;
  if (!supportsDirectories(metadataVersionOf(changes.image.features))) {
    throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'At this metadata.version directories are not assigned.');
  }
  brokerOfEpoch(changes.image, brokerId, BrokerEpoch(request.brokerEpoch));
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: assignOne(changes, config, request, topicId, partitionIndex, id),
      })),
    })),
  }));
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, directories };
}

function assignOne(
  changes: Changes,
  config: BrokerConfig,
  request: AssignReplicasToDirsRequest,
  topicId: string,
  partitionIndex: number,
  directory: string,
): number {
  const broker = brokerOfEpoch(changes.image, request.brokerId, BrokerEpoch(request.brokerEpoch));
  const topic = changes.image.topicsById.get(topicId);
  if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
  const partition = topic.partitions.get(partitionIndex);
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  if (!partition.replicas.includes(broker.id)) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  assignDirectory(changes, config, broker, topic, partitionIndex, directory);
  return ErrorCode.NONE;
}
