/**
 * What a cleaner leaves of a batch (Kafka's Cleaner.cleanInto with MemoryRecords.filterTo): of each key the last record, of what was deleted
 * the tombstone, of a transaction its marker, until delete.retention.ms have passed since a cleaner came by first (KIP-534).
 */
import type { Compression } from '../../../ports/compression.ts';
import type { Offset } from '../../protocol/numbers.ts';
import {
  type BatchHeader,
  type DecodedRecord,
  decodeRecords,
  encodeEmptied,
  encodeRetained,
  readBatchHeader,
} from '../../protocol/records.ts';
import { readEndTxnMarker } from '../control-records.ts';
import type { CleanedTransactions } from './cleaned-transactions.ts';
import type { OffsetMap } from './offset-map.ts';

/** The last that is known of a producer: its last batch of data, or the epoch of its marker if it has no such batch in that epoch. */
export interface LastRecord {
  /** -1: there is none. */
  readonly lastDataOffset: Offset;
  readonly producerEpoch: number;
}

/** What holds for all batches of a round. */
export interface RetentionRules {
  readonly map: OffsetMap;
  readonly transactions: CleanedTransactions;
  readonly lastRecords: ReadonlyMap<number, LastRecord>;
  /** Where what is cleaned in this round ends: the batch before stays, if only its head, so that the log keeps its offsets. */
  readonly upTo: Offset;
  /** When the round began. */
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly codecs: Compression;
  readonly mark: (mark: CleaningMark) => void;
}

type CleaningMark = 'log/tombstone-removed' | 'log/marker-removed' | 'log/aborted-records-removed' | 'log/batch-emptied';

/** The batch as it is to be: the same bytes, other ones, or null if nothing of it stays. DecodeError if its records are malformed. */
export function retainedBatch(bytes: Uint8Array, rules: RetentionRules): Uint8Array | null {
  const { transactions, nowMs, codecs } = rules;
  const header = readBatchHeader(bytes);
  const marker = readEndTxnMarker(header, bytes, 0, codecs);
  const isOver = header.isControl ? transactions.onControlBatch(header, marker) : transactions.onBatch(header);
  const hasExpired = header.deleteHorizonMs !== null && header.deleteHorizonMs <= nowMs;
  const isDiscarded = isOver && (!header.isControl || hasExpired);
  const keepsHead = isLastOfProducer(header, rules) || header.nextOffset === rules.upTo;
  if (isDiscarded) {
    if (header.recordCount > 0 && header.isControl) rules.mark('log/marker-removed');
    if (header.recordCount > 0 && !header.isControl) rules.mark('log/aborted-records-removed');
    return keepsHead ? emptied(bytes, header, rules) : null;
  }
  const records = decodeRecords(bytes, 0, codecs);
  const retained = header.isControl ? records : records.filter((record) => isRetained(header, record, rules));
  if (retained.length === 0) return keepsHead ? emptied(bytes, header, rules) : null;
  const mayExpire = (header.isControl && isOver) || retained.some(({ value }) => value === null);
  const isFirstVisit = mayExpire && header.deleteHorizonMs === null;
  if (retained.length === records.length && !isFirstVisit) return bytes;
  const deleteHorizonMs = isFirstVisit ? nowMs + rules.deleteRetentionMs : header.deleteHorizonMs;
  return encodeRetained(header, retained, deleteHorizonMs, codecs);
}

/** Is it the last batch that a producer's sequence, or at least its epoch, is known from? */
function isLastOfProducer(header: BatchHeader, { lastRecords }: RetentionRules): boolean {
  if (header.producerId < 0) return false;
  const last = lastRecords.get(header.producerId);
  if (last === undefined) return false;
  if (last.lastDataOffset >= 0) return header.lastOffset === last.lastDataOffset;
  return header.isControl && header.producerEpoch === last.producerEpoch;
}

function isRetained(header: BatchHeader, record: DecodedRecord, rules: RetentionRules): boolean {
  const { map, nowMs } = rules;
  if (record.offset > map.latestOffset) return true;
  // A topic that was not always compacted may hold records without a key.
  if (record.key === null || record.offset < map.get(record.key)) return false;
  if (record.value !== null || header.deleteHorizonMs === null || nowMs < header.deleteHorizonMs) return true;
  rules.mark('log/tombstone-removed');
  return false;
}

function emptied(bytes: Uint8Array, header: BatchHeader, rules: RetentionRules): Uint8Array {
  if (header.recordCount === 0) return bytes;
  rules.mark('log/batch-emptied');
  return encodeEmptied(header);
}
