/** Reads the records of a batch v2. */
import type { Compression } from '../../ports/compression.ts';
import type { RecordHeader } from './batch-encoder.ts';
import { type BatchHeader, BATCH_OVERHEAD, incrementSequence, readBatchHeader } from './batch-header.ts';
import { pureCompression } from './compression.ts';
import { Offset } from './numbers.ts';
import { Reader } from './reader.ts';
import { shortString, utf8ToString } from './strings.ts';

export interface DecodedRecord {
  readonly offset: Offset;
  /** Milliseconds; the batch's append time if it has one. */
  readonly timestamp: number;
  /** Views of the batch (or of what it decompressed to): not to be written to. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
  /** -1: the batch has none. */
  readonly sequence: number;
}

/** What a batch may decompress to: far above any batch that a default cluster accepts. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Length, attributes, two deltas, two lengths, header count. */
const MINIMUM_RECORD_BYTES = 7;
const NO_HEADERS: readonly RecordHeader[] = [];

const reader = new Reader();

/**
 * The records of the batch at `position`. DecodeError if they are malformed, decompress to more than 64 MiB, or one of a compressed
 * batch is larger than `recordBytesMax`. Does not check the CRC. Who may meet a compressed batch hands over the codecs of its world.
 */
export function decodeRecords(
  batch: Uint8Array,
  position = 0,
  codecs: Compression = pureCompression,
  recordBytesMax = MAX_BYTES,
): DecodedRecord[] {
  const header = readBatchHeader(batch, position);
  const start = position + BATCH_OVERHEAD;
  const end = position + header.sizeInBytes;
  try {
    if (header.compression === 'none') {
      reader.reset(batch, start, end);
    } else {
      const plain = codecs[header.compression].decompress(batch.subarray(start, end), MAX_BYTES);
      reader.reset(plain, 0, plain.length);
    }
    return readRecords(header, header.compression === 'none' ? MAX_BYTES : recordBytesMax);
  } finally {
    reader.release();
  }
}

function readRecords(header: BatchHeader, recordBytesMax: number): DecodedRecord[] {
  const r = reader;
  if (header.recordCount * MINIMUM_RECORD_BYTES > r.remaining) r.fail(`${header.recordCount} records beyond the end`);
  const records: DecodedRecord[] = [];
  for (let i = 0; i < header.recordCount; i++) records.push(readRecord(header, recordBytesMax));
  r.finish();
  return records;
}

function readRecord(header: BatchHeader, recordBytesMax: number): DecodedRecord {
  const r = reader;
  const size = r.varint();
  if (size < 0 || size > r.remaining) r.fail(`record of ${size} bytes beyond the end`);
  if (size > recordBytesMax) r.fail(`record of ${size} bytes, but ${recordBytesMax} are the most`);
  const end = r.position + size;
  r.int8();
  const timestampDelta = r.varlong();
  const offsetDelta = r.varint();
  if (offsetDelta < 0 || offsetDelta > header.lastOffsetDelta) r.fail(`offset delta ${offsetDelta}`);
  const key = readField();
  const value = readField();
  const headerCount = r.varint();
  if (headerCount < 0 || headerCount * 2 > r.remaining) r.fail(`${headerCount} record headers beyond the end`);
  const headers = headerCount === 0 ? NO_HEADERS : readHeaders(headerCount);
  if (r.position !== end) r.fail(`record should end at byte ${end}`);
  return {
    offset: Offset(header.baseOffset + offsetDelta),
    timestamp: header.timestampType === 'append' ? header.maxTimestamp : header.baseTimestamp + timestampDelta,
    key,
    value,
    headers,
    sequence: header.baseSequence < 0 ? -1 : incrementSequence(header.baseSequence, offsetDelta),
  };
}

function readField(): Uint8Array | null {
  const length = reader.varint();
  return length === -1 ? null : reader.take(length);
}

function readHeaders(count: number): RecordHeader[] {
  const headers: RecordHeader[] = [];
  for (let i = 0; i < count; i++) {
    const key = readField();
    if (key === null) return reader.fail('record header without a key');
    headers.push({ key: key.length <= 64 ? shortString(key, 0, key.length) : utf8ToString(key), value: readField() });
  }
  return headers;
}
