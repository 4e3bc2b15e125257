/** Which batches of which producer a partition holds, as checkers remember its logs. */
import type { BatchList } from './internal/batches.ts';
import type { PartitionGhost, ReplicaGhost } from './internal/replica-ghost.ts';

/** A producer, in one of its epochs. */
export interface ProducerOfBatch {
  readonly id: number;
  readonly epoch: number;
}

interface Batch {
  readonly base: number;
  /** Of the producer. */
  readonly epoch: number;
  readonly sequence: number;
  /** In which it was appended. */
  readonly leaderEpoch: number;
}

interface BatchOrigin {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly sequence: number;
  /** In which it was appended. */
  readonly leaderEpoch: number;
}

/** A producer's batches in a replica's log below an offset, with those that were removed from its beginning: they had been committed. */
export function* batchesBelow({ log, partition }: ReplicaGhost, offset: number, producerId: number): Iterable<Batch> {
  yield* batchesOf(partition, partition.ledger.batches, Math.min(offset, log.start), producerId);
  yield* batchesOf(partition, log, offset, producerId);
}

function* batchesOf(partition: PartitionGhost, list: BatchList, offset: number, producerId: number): Iterable<Batch> {
  for (let at = 0; at < list.count && (list.bases[at] as number) < offset; at++) {
    const base = list.bases[at] as number;
    const leaderEpoch = list.epochs[at] as number;
    const origin = partition.origins.get(leaderEpoch);
    const found = origin?.find(base) ?? -1;
    if (origin?.producerIds[found] !== producerId) continue;
    yield { base, epoch: origin.producerEpochs[found] as number, sequence: origin.baseSequences[found] as number, leaderEpoch };
  }
}

/** Whose batch a partition holds, or held, at this offset; null: none that was committed. */
export function originOf({ ledger, origins }: PartitionGhost, offset: number): BatchOrigin | null {
  const { batches } = ledger;
  const at = batches.indexOf(offset);
  if (at >= batches.count) return null;
  const leaderEpoch = batches.epochs[at] as number;
  const origin = origins.get(leaderEpoch);
  const found = origin?.find(batches.bases[at] as number) ?? -1;
  if (origin === undefined || found < 0) return null;
  return {
    producerId: origin.producerIds[found] as number,
    producerEpoch: origin.producerEpochs[found] as number,
    sequence: origin.baseSequences[found] as number,
    leaderEpoch,
  };
}
