/** Leader elections that someone asks for, or a timer: preferred leaders and unclean ones. */
import type { BrokerConfig } from '../config/index.ts';
import { type MetadataImage, topicByName } from '../metadata/image.ts';
import { NO_LEADER } from '../metadata/partition-registration.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ElectLeadersRequest } from '../protocol/messages/elect-leaders-request.ts';
import type { ElectLeadersResponse, ElectLeadersResponsePartitionResult } from '../protocol/messages/elect-leaders-response.ts';
import { ApiError, attempt } from './api-error.ts';
import type { Changes } from './changes.ts';
import { buildPartitionChange } from './partition-change.ts';
import { changeIntent } from './partition-updates.ts';
import { isUncleanElectionEnabled } from './topic-settings.ts';

/** Kafka's numbers of election types. */
const ElectionType = { PREFERRED: 0, UNCLEAN: 1 } as const;

/** Most elections in one batch of a periodic election; the rest follow in the next. */
const MAX_ELECTIONS_PER_BATCH = 1000;

export function electLeaders(changes: Changes, config: BrokerConfig, request: ElectLeadersRequest): ElectLeadersResponse {
  const { electionType } = request;
  if (electionType !== ElectionType.PREFERRED && electionType !== ElectionType.UNCLEAN) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, `${electionType} is not an election type.`);
  }
  const asked = request.topicPartitions ?? allPartitions(changes.image);
  const replicaElectionResults = asked.map(({ topic, partitions }) => {
    const partitionResult: ElectLeadersResponsePartitionResult[] = [];
    for (const partitionId of partitions) {
      const result = attempt(() => electOne(changes, config, topic, partitionId, electionType));
      // Asked for all, only those that needed an election are answered.
      if (request.topicPartitions === null && result.errorCode === ErrorCode.ELECTION_NOT_NEEDED) continue;
      partitionResult.push({ partitionId, ...result });
    }
    return { topic, partitionResult };
  });
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, replicaElectionResults };
}

function allPartitions(image: MetadataImage): { topic: string; partitions: number[] }[] {
  return Array.from(image.topicsById.values(), ({ name, partitions }) => ({ topic: name, partitions: [...partitions.keys()] }));
}

function electOne(changes: Changes, config: BrokerConfig, topicName: string, partitionId: number, electionType: number): void {
  const { image } = changes;
  const topic = topicByName(image, topicName);
  const partition = topic?.partitions.get(partitionId);
  if (topic === undefined || partition === undefined) {
    throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no partition ${topicName}-${partitionId}.`);
  }
  const isPreferred = electionType === ElectionType.PREFERRED;
  if (isPreferred ? partition.leader === partition.replicas[0] : partition.leader !== NO_LEADER) {
    throw new ApiError(ErrorCode.ELECTION_NOT_NEEDED, 'The partition has the leader that was asked for.');
  }
  const change = buildPartitionChange({
    ...changeIntent(image, config, topic, partitionId, partition),
    election: isPreferred ? 'preferred' : 'unclean',
  });
  if (change === null) {
    throw isPreferred
      ? new ApiError(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, 'The preferred replica cannot lead now.')
      : new ApiError(ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE, 'No replica is alive.');
  }
  changes.add('PartitionChangeRecord', change);
}

/**
 * Makes a replica the preferred one, and has it lead: what an operator does by a reassignment to the same brokers in another order, and a preferred
 * election. Throws ApiError with one sentence if it can't lead now.
 */
export function moveLeader(changes: Changes, config: BrokerConfig, topicName: string, partitionId: number, to: number): void {
  const { image } = changes;
  const topic = topicByName(image, topicName);
  const partition = topic?.partitions.get(partitionId);
  if (topic === undefined || partition === undefined) {
    throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no partition ${topicName}-${partitionId}.`);
  }
  const { replicas, isr } = partition;
  const place = `of ${topicName}-${partitionId}`;
  const broker = replicas.find((replica) => replica === to);
  if (broker === undefined) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, `Broker ${to} has no replica ${place}: ${replicas.join(', ')} have.`);
  }
  const intent = changeIntent(image, config, topic, partitionId, partition);
  if (!isr.includes(broker) || !intent.isAcceptableLeader(broker)) {
    throw new ApiError(
      ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
      `Broker ${to} can't lead now: in sync ${place} are ${isr.join(', ')}.`,
    );
  }
  const targetReplicas = [broker, ...replicas.filter((replica) => replica !== broker)];
  const change = buildPartitionChange({ ...intent, election: 'preferred', targetReplicas });
  if (change !== null) changes.add('PartitionChangeRecord', change);
}

/** Gives leadership back to preferred replicas that can take it, `most` at a time. */
export function electPreferredLeaders(changes: Changes, config: BrokerConfig, most = MAX_ELECTIONS_PER_BATCH): void {
  const { image } = changes;
  for (const topic of image.topicsById.values()) {
    for (const [partitionId, partition] of topic.partitions) {
      if (partition.leader === partition.replicas[0]) continue;
      if (changes.records.length >= most) return;
      const intent = changeIntent(image, config, topic, partitionId, partition);
      const change = buildPartitionChange({ ...intent, election: 'preferred' });
      if (change !== null) changes.add('PartitionChangeRecord', change);
    }
  }
}

/** Leaderless partitions of topics that allow it get any live replica as leader, `most` at a time. */
export function electUncleanLeaders(changes: Changes, config: BrokerConfig, most = MAX_ELECTIONS_PER_BATCH): void {
  const { image } = changes;
  for (const topic of image.topicsById.values()) {
    // Only where it is configured.
    if (!isUncleanElectionEnabled(image, config, topic.name)) continue;
    for (const [partitionId, partition] of topic.partitions) {
      if (partition.leader !== NO_LEADER) continue;
      if (changes.records.length >= most) return;
      const intent = changeIntent(image, config, topic, partitionId, partition);
      const change = buildPartitionChange({ ...intent, election: 'unclean' });
      if (change !== null) changes.add('PartitionChangeRecord', change);
    }
  }
}
