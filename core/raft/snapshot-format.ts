/** A snapshot's bytes: a header control batch, data batches, a footer control batch (Kafka's RecordsSnapshotWriter and Reader). */
import { decodeMessage } from '../protocol/codec.ts';
import { Offset } from '../protocol/numbers.ts';
import { decodeRecords, forEachBatch, isBatchValid } from '../protocol/records.ts';
import {
  CONTROL_SNAPSHOT_FOOTER,
  CONTROL_SNAPSHOT_HEADER,
  controlType,
  dataBatch,
  snapshotFooterBatch,
  snapshotHeaderBatch,
} from './control-batches.ts';
import type { CommittedBatch, LoadedSnapshot, OffsetAndEpoch } from './types.ts';

const MAX_BATCH_BYTES = 64 * 1024;

/** The batches of a snapshot file, in order. */
export function encodeSnapshot(
  id: OffsetAndEpoch,
  lastContainedTimestamp: number,
  records: readonly Uint8Array[],
  wallMs: number,
): Uint8Array[] {
  const chunks = [snapshotHeaderBatch(lastContainedTimestamp, id.epoch, wallMs)];
  let offset = Offset(1);
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const flush = (): void => {
    if (pending.length === 0) return;
    chunks.push(dataBatch(pending, offset, id.epoch, wallMs));
    offset = Offset(offset + pending.length);
    pending = [];
    pendingBytes = 0;
  };
  for (const record of records) {
    if (pendingBytes + record.length > MAX_BATCH_BYTES) flush();
    pending.push(record);
    pendingBytes += record.length;
  }
  flush();
  chunks.push(snapshotFooterBatch(offset, id.epoch, wallMs));
  return chunks;
}

/** Reads a snapshot's bytes; null if they are not a whole, valid snapshot. */
export function decodeSnapshot(id: OffsetAndEpoch, bytes: Uint8Array): LoadedSnapshot | null {
  const batches: CommittedBatch[] = [];
  let timestamp: number | null = null;
  let ended = false;
  let valid = true;
  let readTo = 0;
  forEachBatch(bytes, (header, position) => {
    readTo = position + header.sizeInBytes;
    // The header comes first, the footer last, and no bit of what is between has flipped.
    valid = !ended && isBatchValid(bytes, position);
    if (!valid) return false;
    const records = decodeRecords(bytes, position);
    if (!header.isControl) {
      valid = timestamp !== null;
      batches.push({
        baseOffset: header.baseOffset,
        lastOffset: header.lastOffset,
        epoch: header.leaderEpoch,
        appendTimestamp: header.maxTimestamp,
        records: records.map((record) => record.value as Uint8Array),
      });
      return undefined;
    }
    for (const record of records) {
      const type = controlType(record.key);
      if (type === CONTROL_SNAPSHOT_HEADER && record.value !== null) {
        timestamp = decodeMessage('SnapshotHeaderRecord', 0, record.value).lastContainedLogTimestamp;
      } else if (type === CONTROL_SNAPSHOT_FOOTER) ended = true;
    }
    return undefined;
  });
  if (!valid || !ended || timestamp === null || readTo !== bytes.length) return null;
  return { endOffset: id.offset, epoch: id.epoch, lastContainedTimestamp: timestamp, batches };
}
