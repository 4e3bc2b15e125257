/** AlterPartition: a leader asks for another ISR (KIP-497). */
import type { BrokerConfig } from '../config/index.ts';
import type { BrokerRegistration, MetadataImage, TopicImage } from '../metadata/image.ts';
import {
  mergePartitionChange,
  NO_LEADER_CHANGE,
  type PartitionRegistration,
  RECOVERED,
  RECOVERING,
} from '../metadata/partition-registration.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type {
  AlterPartitionRequest,
  AlterPartitionRequestBrokerState,
  AlterPartitionRequestPartitionData,
} from '../protocol/messages/alter-partition-request.ts';
import type {
  AlterPartitionResponse,
  AlterPartitionResponsePartitionData,
} from '../protocol/messages/alter-partition-response.ts';
import { BrokerEpoch, type BrokerId, NONE } from '../protocol/numbers.ts';
import type { Changes } from './changes.ts';
import { brokerOfEpoch } from './cluster.ts';
import { buildPartitionChange } from './partition-change.ts';
import { changeIntent } from './partition-updates.ts';
import { isUncleanElectionEnabled } from './topic-settings.ts';

/** Decides the request; each partition is answered with its state after the change, or with why it was refused. */
export function alterPartition(
  changes: Changes,
  config: BrokerConfig,
  request: AlterPartitionRequest,
  version: number,
): AlterPartitionResponse {
  brokerOfEpoch(changes.image, request.brokerId, BrokerEpoch(request.brokerEpoch));
  const topics = request.topics.map((asked) => {
    const topic = changes.image.topicsById.get(asked.topicId);
    const partitions = asked.partitions.map((data) => {
      if (topic === undefined) return refused(data.partitionIndex, ErrorCode.UNKNOWN_TOPIC_ID);
      return alterOne(changes, config, request.brokerId, topic.id, data, version);
    });
    return { topicId: asked.topicId, partitions };
  });
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, topics };
}

function refused(partitionIndex: number, errorCode: number): AlterPartitionResponsePartitionData {
  return { partitionIndex, errorCode, leaderId: 0, leaderEpoch: 0, isr: [], leaderRecoveryState: RECOVERED, partitionEpoch: 0 };
}

/** The ISR that is asked for, as brokers with their epochs; before version 3 the epochs are not given (-1). */
export function requestedIsr(data: AlterPartitionRequestPartitionData, version: number): AlterPartitionRequestBrokerState[] {
  return version < 3 ? data.newIsr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })) : data.newIsrWithEpochs;
}

function alterOne(
  changes: Changes,
  config: BrokerConfig,
  brokerId: BrokerId,
  topicId: string,
  data: AlterPartitionRequestPartitionData,
  version: number,
): AlterPartitionResponsePartitionData {
  const { image } = changes;
  const topic = image.topicsById.get(topicId) as TopicImage;
  const { partitionIndex } = data;
  const partition = topic.partitions.get(partitionIndex);
  if (partition === undefined) return refused(partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const isr = requestedIsr(data, version);
  const error = validateAlterPartition(image, brokerId, partition, data, isr);
  if (error !== ErrorCode.NONE) return refused(partitionIndex, error);

  const change = buildPartitionChange({
    ...changeIntent(image, config, topic, partitionIndex, partition),
    election: isUncleanElectionEnabled(image, config, topic.name) ? 'unclean' : 'online',
    targetIsr: isr.map((replica) => replica.brokerId),
    targetRecoveryState: data.leaderRecoveryState,
  });
  let after = partition;
  if (change !== null) {
    changes.add('PartitionChangeRecord', change);
    after = mergePartitionChange(partition, change);
    if (change.leader !== brokerId && change.leader !== NO_LEADER_CHANGE) {
      // The change ended a reassignment that leaves this leader out: it is carried out, and the leader must look again.
      return refused(partitionIndex, ErrorCode.NEW_LEADER_ELECTED);
    }
  }
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    leaderId: after.leader,
    leaderEpoch: after.leaderEpoch,
    isr: [...after.isr],
    leaderRecoveryState: after.leaderRecoveryState,
    partitionEpoch: after.partitionEpoch,
  };
}

/** The checks in Kafka's order; the code of the first that fails. */
function validateAlterPartition(
  image: MetadataImage,
  brokerId: BrokerId,
  partition: PartitionRegistration,
  data: AlterPartitionRequestPartitionData,
  isr: readonly AlterPartitionRequestBrokerState[],
): number {
  // A leader that knows more than we do: we are likely not the active controller any more.
  if (data.leaderEpoch > partition.leaderEpoch) return ErrorCode.NOT_CONTROLLER;
  if (data.partitionEpoch > partition.partitionEpoch) return ErrorCode.NOT_CONTROLLER;
  if (data.leaderEpoch < partition.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (brokerId !== partition.leader) return ErrorCode.INVALID_REQUEST;
  // The state that the leader changes must be the state there is, to the last change; a repeat fails here too.
  if (data.partitionEpoch < partition.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION;

  const ids = isr.map((replica) => replica.brokerId);
  const isSubset = ids.every((id) => partition.replicas.includes(id));
  if (ids.length === 0 || !isSubset || new Set(ids).size !== ids.length) return ErrorCode.INVALID_REQUEST;
  if (!ids.includes(partition.leader)) return ErrorCode.INVALID_REQUEST;
  if (data.leaderRecoveryState !== RECOVERED && data.leaderRecoveryState !== RECOVERING) return ErrorCode.INVALID_REQUEST;
  if (data.leaderRecoveryState === RECOVERING && ids.length > 1) return ErrorCode.INVALID_REQUEST;
  if (partition.leaderRecoveryState === RECOVERED && data.leaderRecoveryState === RECOVERING) return ErrorCode.INVALID_REQUEST;
  const areEligible = isr.every((replica) => isEligible(image.brokers.get(replica.brokerId), BrokerEpoch(replica.brokerEpoch)));
  return areEligible ? ErrorCode.NONE : ErrorCode.INELIGIBLE_REPLICA;
}

/** May this incarnation of a broker be in an ISR? */
function isEligible(broker: BrokerRegistration | undefined, brokerEpoch: BrokerEpoch): boolean {
  if (broker === undefined) return false;
  // A broker without a session, or on its way out, is in no ISR (KIP-841).
  if (broker.fenced || broker.inControlledShutdown) return false;
  // The leader must have seen this incarnation catch up, not one before it (KIP-903); -1: the leader doesn't say.
  return brokerEpoch === NONE || brokerEpoch === broker.epoch;
}
