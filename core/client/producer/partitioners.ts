/**
 * How the producer picks a partition. A record with a key goes to murmur2(key) mod the number of partitions; one without
 * goes to the sticky partition of its topic (KIP-794), which changes after batch.size bytes. Simplified against Kafka: the
 * sticky choice is uniform over the partitions that have a leader; it is not weighted by queue lengths (adaptive
 * partitioning) and has no availability time-out.
 */
import type { RandomStream } from '../../../ports/random.ts';
import type { Random } from '../../environment.ts';
import { murmur2, toPositive } from '../../protocol/partition.ts';

export interface PartitionView {
  readonly partitionCount: number;
  /** Partitions that have a leader, ascending. */
  readonly available: readonly number[];
}

/** Picks a partition for a record; `null` leaves the choice to the sticky partitioner. */
export type Partitioner = (
  record: { readonly topic: string; readonly key: Uint8Array | null; readonly value: Uint8Array | null },
  cluster: PartitionView,
) => number | null;

export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return toPositive(murmur2(key)) % partitionCount;
}

/** Kafka's RoundRobinPartitioner: each next record of a topic to its next available partition, keys or not. */
export function roundRobinPartitioner(): Partitioner {
  const counters = new Map<string, number>();
  return (record, cluster) => {
    const counter = counters.get(record.topic) ?? 0;
    counters.set(record.topic, counter + 1);
    if (cluster.available.length > 0) return cluster.available[counter % cluster.available.length] as number;
    return counter % cluster.partitionCount;
  };
}

interface StickyState {
  partition: number;
  bytes: number;
}

/** The sticky partition of each topic. */
export class StickyPartitioner {
  readonly #random: Random;
  readonly #choices: RandomStream;
  readonly #stickyBytes: number;
  readonly #topics = new Map<string, StickyState>();

  constructor(random: Random, stickyBytes: number) {
    this.#random = random;
    this.#choices = random.stream('client/partitioner');
    this.#stickyBytes = Math.max(1, stickyBytes);
  }

  partition(topic: string, cluster: PartitionView): number {
    const state = this.#topics.get(topic);
    if (state !== undefined && state.partition < cluster.partitionCount) return state.partition;
    const partition = this.#next(cluster);
    this.#topics.set(topic, { partition, bytes: 0 });
    return partition;
  }

  /** A record went to the sticky partition; after batch.size bytes the next one is drawn. */
  produced(topic: string, bytes: number, cluster: PartitionView): void {
    const state = this.#topics.get(topic);
    if (state === undefined) return;
    state.bytes += bytes;
    const isDue = state.bytes >= this.#stickyBytes;
    if (!isDue && !this.#random.sometimes('client/producer/other-sticky-partition')) return;
    state.partition = this.#next(cluster);
    state.bytes = 0;
  }

  #next(cluster: PartitionView): number {
    if (cluster.available.length > 0) return this.#choices.pick(cluster.available, 'sticky partition');
    return this.#choices.below(cluster.partitionCount, 'sticky partition');
  }
}
