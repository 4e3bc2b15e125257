/** Sets of partitions by topic id, as assignments of consumer groups have them. Never changed: who wants another makes another. */

/** Partition indexes by topic id; no topic is there without partitions. */
export type Partitions = ReadonlyMap<string, ReadonlySet<number>>;

/** By topic id and partition index, the epoch in which the partition was assigned to the member. */
export type PartitionEpochs = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** As messages and records have them. */
export interface TopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export const NO_PARTITIONS: ReadonlyMap<string, never> = new Map<string, never>();

export function partitionsOf(topics: readonly TopicPartitions[]): Partitions {
  return new Map(
    topics.filter(({ partitions }) => partitions.length > 0).map(({ topicId, partitions }) => [topicId, new Set(partitions)]),
  );
}

/** In ascending order within each topic. */
export function topicPartitionsOf(partitions: Partitions | PartitionEpochs): { topicId: string; partitions: number[] }[] {
  return [...partitions].map(([topicId, of]) => ({ topicId, partitions: [...of.keys()].sort((a, b) => a - b) }));
}

export function hasPartition(partitions: Partitions | PartitionEpochs, topicId: string, partition: number): boolean {
  return partitions.get(topicId)?.has(partition) ?? false;
}

/** The same partitions; of epochs also in the same epochs. */
export function equalPartitions(
  one: ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>,
  other: ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>,
): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId);
    if (others === undefined || others.size !== partitions.size) return false;
    for (const [partition, epoch] of partitions.entries()) {
      if (!others.has(partition)) return false;
      if ('get' in others && others.get(partition) !== epoch) return false;
    }
  }
  return true;
}
