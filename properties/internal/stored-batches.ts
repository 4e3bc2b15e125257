/** Batches as they lie in a log's files: as they were written, or what a cleaner has left of them. */
import { decodeRecords } from '../../core/protocol/records.ts';
import { BatchList, batchSize, emptyFacts, readFacts } from './batches.ts';
import type { PartitionGhost } from './replica-ghost.ts';

/** A log with these batches in the place of what it has in [baseOffset, endOffset). */
export function withCopy(stored: BatchList, baseOffset: number, endOffset: number, records: Uint8Array): BatchList {
  const after = new BatchList();
  after.restart(stored.start, stored.startPrefix);
  after.take(stored, 0, stored.indexOf(baseOffset));
  const facts = emptyFacts();
  for (let position = 0; position < records.length; position += batchSize(records, position)) {
    readFacts(records, position, facts);
    after.push(facts.baseOffset, facts.lastOffset, facts.leaderEpoch, facts.crc);
  }
  after.take(stored, stored.indexOf(endOffset), stored.count);
  after.end = stored.end;
  return after;
}

/** Of two states of a log, the second compacted: batches, and records, that it has no more. */
export function noteRemoved(partition: PartitionGhost, before: BatchList, after: BatchList): void {
  const { compaction } = partition;
  for (let at = 0; at < before.count; at++) {
    const base = before.bases[at] as number;
    const now = after.indexOf(base);
    const isThere = after.bases[now] === base;
    if (isThere && after.crcs[now] === before.crcs[at]) continue;
    if (!isThere) compaction.removed(base);
    const kept = isThere ? offsetsOf(storedBatch(partition, after, now)) : [];
    for (const offset of offsetsOf(storedBatch(partition, before, at)))
      if (!kept.includes(offset)) compaction.removedRecord(offset);
  }
}

function offsetsOf(batch: Uint8Array | undefined): number[] {
  return batch === undefined ? [] : decodeRecords(batch).map(({ offset }) => offset);
}

/** A batch as it lies in a file: as it was written, or what a cleaner left of it. */
export function storedBatch(partition: PartitionGhost, stored: BatchList, at: number): Uint8Array | undefined {
  const base = stored.bases[at] as number;
  const copy = partition.compaction.copy(base, stored.crcs[at] as number);
  return copy?.bytes ?? writtenBatch(partition, stored.epochs[at] as number, base);
}

/** A batch as a leader was seen to write it. */
export function writtenBatch(partition: PartitionGhost, epoch: number, baseOffset: number): Uint8Array | undefined {
  const origin = partition.origins.get(epoch);
  const at = origin?.find(baseOffset) ?? -1;
  return at < 0 ? undefined : (origin?.bytes[at] ?? undefined);
}

/** The CRC of the batch that was written, of which this is what a cleaner left; the same, if it is no cleaner's. */
export function originalCrc(partition: PartitionGhost, baseOffset: number, epoch: number, crc: number): number {
  if (partition.compaction.copy(baseOffset, crc) === undefined) return crc;
  const origin = partition.origins.get(epoch);
  const at = origin?.find(baseOffset) ?? -1;
  return origin === undefined || at < 0 ? crc : (origin.batches.crcs[at] as number);
}
