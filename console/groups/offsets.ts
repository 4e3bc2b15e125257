/** Looks up what the group tools need of a group and of the logs: committed offsets, ends, beginnings, times. */
import type { Admin } from '../../core/client/admin/admin.ts';
import type { ConsumerGroupDescription } from '../../core/client/admin/consumer-group-description.ts';
import type { CommittedOffset } from '../../core/client/consumer/committed-offsets.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { keyOf } from '../../core/client/metadata.ts';
import type { TopicPartition } from '../../core/protocol/partition.ts';

export type OffsetsByPartition = ReadonlyMap<string, number>;

/** Lookups under way at once. */
const AT_ONCE = 256;

/** Committed offsets of a group, in the order of topics and partitions. */
export async function committedOffsets(admin: Admin, group: string): Promise<CommittedOffset[]> {
  return inOrder(await admin.listConsumerGroupOffsets(group));
}

export function inOrder<T extends TopicPartition>(partitions: readonly T[]): T[] {
  return partitions.toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

/** Null: there is no such group. */
export async function describedGroup(admin: Admin, group: string): Promise<ConsumerGroupDescription | null> {
  try {
    const [description] = await admin.describeConsumerGroups([group]);
    return description === undefined || description.state === 'Dead' ? null : description;
  } catch (error) {
    if (error instanceof KafkaError && error.errorName === 'GROUP_ID_NOT_FOUND') return null;
    throw error;
  }
}

/** Offsets of partitions that exist, by partition; -1: no record at or after the time. */
export async function logOffsets(
  admin: Admin,
  partitions: readonly TopicPartition[],
  at: 'earliest' | 'latest' | number,
): Promise<OffsetsByPartition> {
  const found = new Map<string, number>();
  for (let from = 0; from < partitions.length; from += AT_ONCE) {
    const batch = partitions.slice(from, from + AT_ONCE);
    const results = await Promise.all(batch.map(({ topic, partition }) => admin.listOffsets([{ topic, partition, at }])));
    for (const each of results.flat()) found.set(keyOf(each), each.offset);
  }
  return found;
}

/** Those of the partitions that exist. */
export async function existing<T extends TopicPartition>(admin: Admin, partitions: readonly T[]): Promise<T[]> {
  const counts = await partitionCounts(admin, new Set(partitions.map(({ topic }) => topic)));
  return partitions.filter(({ topic, partition }) => partition < (counts.get(topic) ?? 0));
}

/** How many partitions topics have; those that do not exist are left out. */
export async function partitionCounts(admin: Admin, topics: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const there = new Set((await admin.listTopics({ listInternal: true })).map(({ name }) => name));
  const described = await admin.describeTopics([...topics].filter((topic) => there.has(topic)));
  return new Map(described.map(({ name, partitions }) => [name, partitions.length]));
}
