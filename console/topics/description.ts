/** Lines of `topics --describe`, in the form of kafka-topics.sh. */
import type { PartitionReassignment } from '../../core/client/admin/admin.ts';
import type { TopicDescription, TopicPartitionInfo } from '../../core/client/admin/topic-description.ts';
import { ZERO_UUID } from '../../core/protocol/uuid.ts';

/** Of DescribeConfigs: a config that nobody has set. */
const DEFAULT_CONFIG = 5;

/** One config of a topic, as DescribeConfigs tells it. */
interface DescribedConfig {
  readonly name: string;
  readonly value: string | null;
  readonly configSource: number;
}

export interface Reports {
  readonly underReplicatedPartitions?: boolean;
  readonly unavailablePartitions?: boolean;
  readonly underMinIsrPartitions?: boolean;
  readonly atMinIsrPartitions?: boolean;
  readonly topicsWithOverrides?: boolean;
}

export interface DescribedTopic {
  readonly topic: TopicDescription;
  readonly configs: readonly DescribedConfig[];
  /** Of this topic, those under way. */
  readonly reassignments: readonly PartitionReassignment[];
}

/** The topic's line and its partitions' lines, or those of them that the reports ask for. */
export function descriptionLines(described: DescribedTopic, liveBrokers: ReadonlySet<number>, reports: Reports): string[] {
  const { topic, configs } = described;
  const lines: string[] = [];
  const showsAll =
    reports.underReplicatedPartitions !== true &&
    reports.unavailablePartitions !== true &&
    reports.underMinIsrPartitions !== true &&
    reports.atMinIsrPartitions !== true;
  const set = configs.filter(({ configSource }) => configSource !== DEFAULT_CONFIG);
  if (showsAll && (reports.topicsWithOverrides !== true || set.length > 0)) lines.push(topicLine(described, set));
  if (reports.topicsWithOverrides === true) return lines;
  const minIsr = Number(configs.find(({ name }) => name === 'min.insync.replicas')?.value ?? 1);
  for (const partition of topic.partitions) {
    const reassignment = described.reassignments.find((each) => each.partition === partition.partition) ?? null;
    const isShown =
      showsAll ||
      (reports.underReplicatedPartitions === true && replicationFactor(partition, reassignment) > partition.isr.length) ||
      (reports.unavailablePartitions === true && !liveBrokers.has(partition.leader)) ||
      (reports.underMinIsrPartitions === true && (partition.leader < 0 || partition.isr.length < minIsr)) ||
      (reports.atMinIsrPartitions === true && partition.isr.length === minIsr);
    if (isShown) lines.push(partitionLine(topic.name, partition, reassignment));
  }
  return lines;
}

function topicLine({ topic, reassignments }: DescribedTopic, set: readonly DescribedConfig[]): string {
  const [first] = topic.partitions;
  const reassignment = reassignments.find((each) => each.partition === first?.partition) ?? null;
  return [
    `Topic: ${topic.name}`,
    ...(topic.topicId === ZERO_UUID ? [] : [`TopicId: ${topic.topicId}`]),
    `PartitionCount: ${topic.partitions.length}`,
    `ReplicationFactor: ${first === undefined ? 0 : replicationFactor(first, reassignment)}`,
    `Configs: ${set.map(({ name, value }) => `${name}=${value}`).join(',')}`,
  ].join('\t');
}

function partitionLine(topic: string, partition: TopicPartitionInfo, reassignment: PartitionReassignment | null): string {
  return [
    '',
    `Topic: ${topic}`,
    `Partition: ${partition.partition}`,
    `Leader: ${partition.leader < 0 ? 'none' : partition.leader}`,
    `Replicas: ${partition.replicas.join(',')}`,
    `Isr: ${partition.isr.join(',')}`,
    ...(reassignment === null
      ? []
      : [
          `Adding Replicas: ${reassignment.addingReplicas.join(',')}`,
          `Removing Replicas: ${reassignment.removingReplicas.join(',')}`,
        ]),
    `Elr: ${partition.elr?.join(',') ?? 'N/A'}`,
    `LastKnownElr: ${partition.lastKnownElr?.join(',') ?? 'N/A'}`,
  ].join('\t');
}

/** While replicas are being exchanged, those that are only being added do not count. */
function replicationFactor(partition: TopicPartitionInfo, reassignment: PartitionReassignment | null): number {
  if (reassignment === null) return partition.replicas.length;
  const changing = [...reassignment.removingReplicas, ...reassignment.addingReplicas];
  const isUnderWay = partition.replicas.some((replica) => changing.includes(replica));
  return isUnderWay ? reassignment.replicas.length - reassignment.addingReplicas.length : partition.replicas.length;
}
