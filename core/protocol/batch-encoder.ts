/** Writes record batches v2. A batch is encoded once, by its producer; brokers only set what lies outside the CRC. */
import type { Compression } from '../../ports/compression.ts';
import { invariant } from '../../ports/invariant.ts';
import type { DecodedRecord } from './batch-decoder.ts';
import {
  Attribute,
  type BatchHeader,
  BATCH_OVERHEAD,
  BatchField,
  LENGTH_PREFIX,
  readBatchHeader,
  type TimestampType,
} from './batch-header.ts';
import { COMPRESSION_TYPES, type CompressionType, pureCompression } from './compression.ts';
import { crc32c } from './crc32c.ts';
import { stringToUtf8 } from './strings.ts';
import { Writer } from './writer.ts';

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

export interface RecordInput {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
}

export interface BatchOptions {
  /** Default 0. */
  readonly baseOffset?: number;
  /** Default -1, none. */
  readonly leaderEpoch?: number;
  /** Default `none`. */
  readonly compression?: CompressionType;
  /** Default `create`. */
  readonly timestampType?: TimestampType;
  /** Default -1, none; so are the epoch and the sequence. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
}

const writer = new Writer();
const NO_HEADERS: readonly RecordHeader[] = [];

/**
 * Encodes at least one record as a batch; offsets and sequence numbers follow one another. Who may compress hands over the codecs
 * of its world.
 */
export function encodeBatch(
  records: readonly RecordInput[],
  options: BatchOptions = {},
  codecs: Compression = pureCompression,
): Uint8Array {
  const first = records[0];
  invariant(first !== undefined, () => 'a record batch needs a record');
  const compression = options.compression ?? 'none';
  let attributes = COMPRESSION_TYPES.indexOf(compression);
  if (options.timestampType === 'append') attributes |= Attribute.appendTime;
  if (options.isTransactional === true) attributes |= Attribute.transactional;
  if (options.isControl === true) attributes |= Attribute.control;
  const baseTimestamp = first.timestamp;
  let maxTimestamp = baseTimestamp;
  for (const { timestamp } of records) if (timestamp > maxTimestamp) maxTimestamp = timestamp;

  writeHead({
    baseOffset: options.baseOffset ?? 0,
    leaderEpoch: options.leaderEpoch ?? -1,
    attributes,
    lastOffsetDelta: records.length - 1,
    baseTimestamp,
    maxTimestamp,
    producerId: options.producerId ?? -1,
    producerEpoch: options.producerEpoch ?? -1,
    baseSequence: options.baseSequence ?? -1,
    recordCount: records.length,
  });
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as RecordInput;
    writeRecord(record, i, record.timestamp - baseTimestamp);
  }
  return finished(compression, codecs);
}

/**
 * What compaction leaves of a batch: these of its records, with offsets, sequences and the rest of the head as they were. A delete horizon
 * takes the place of the base timestamp (KIP-534).
 */
export function encodeRetained(
  header: BatchHeader,
  records: readonly DecodedRecord[],
  deleteHorizonMs: number | null,
  codecs: Compression = pureCompression,
): Uint8Array {
  const first = records[0];
  invariant(first !== undefined, () => `nothing is retained of the batch at ${header.baseOffset}`);
  const baseTimestamp = deleteHorizonMs ?? first.timestamp;
  let maxTimestamp = first.timestamp;
  for (const { timestamp } of records) if (timestamp > maxTimestamp) maxTimestamp = timestamp;
  const flag = deleteHorizonMs === null ? 0 : Attribute.deleteHorizon;
  const attributes = (header.attributes & ~Attribute.deleteHorizon) | flag;
  writeHead({ ...header, attributes, baseTimestamp, maxTimestamp, recordCount: records.length });
  for (const record of records) writeRecord(record, record.offset - header.baseOffset, record.timestamp - baseTimestamp);
  return finished(header.compression, codecs);
}

/** A batch of which compaction leaves nothing but the head: its offsets, and whose it was. */
export function encodeEmptied(header: BatchHeader): Uint8Array {
  const attributes = header.attributes & (Attribute.appendTime | Attribute.transactional | Attribute.control);
  writeHead({ ...header, attributes, baseTimestamp: -1, recordCount: 0 });
  return finished('none', pureCompression);
}

type Head = Pick<
  BatchHeader,
  | 'attributes'
  | 'lastOffsetDelta'
  | 'baseTimestamp'
  | 'maxTimestamp'
  | 'producerId'
  | 'producerEpoch'
  | 'baseSequence'
  | 'recordCount'
> & { readonly baseOffset: number; readonly leaderEpoch: number };

/** Begins a batch. Its length and its CRC are set when it is whole. */
function writeHead(head: Head): void {
  writer.resetPooled();
  writer.int64(head.baseOffset);
  writer.int32(0);
  writer.int32(head.leaderEpoch);
  writer.int8(2);
  writer.int32(0);
  writer.int16(head.attributes);
  writer.int32(head.lastOffsetDelta);
  writer.int64(head.baseTimestamp);
  writer.int64(head.maxTimestamp);
  writer.int64(head.producerId);
  writer.int16(head.producerEpoch);
  writer.int32(head.baseSequence);
  writer.int32(head.recordCount);
}

function finished(compression: CompressionType, codecs: Compression): Uint8Array {
  const plain = writer.finishPooled();
  const batch = compression === 'none' ? plain : withBody(plain, codecs[compression].compress(plain.subarray(BATCH_OVERHEAD)));
  putInt32(batch, BatchField.length, batch.length - LENGTH_PREFIX);
  setCrc(batch);
  return batch;
}

/** The same head, with the compressed records behind it. */
function withBody(batch: Uint8Array, body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(BATCH_OVERHEAD + body.length);
  whole.set(batch.subarray(0, BATCH_OVERHEAD));
  whole.set(body, BATCH_OVERHEAD);
  return whole;
}

function writeRecord(record: RecordInput, offsetDelta: number, timestampDelta: number): void {
  const headers = record.headers ?? NO_HEADERS;
  const headerKeys = headers.length === 0 ? [] : headers.map((header) => stringToUtf8(header.key));
  let size = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta);
  size += fieldSize(record.key) + fieldSize(record.value) + varintSize(headers.length);
  for (let i = 0; i < headers.length; i++) {
    size += fieldSize(headerKeys[i] as Uint8Array) + fieldSize((headers[i] as RecordHeader).value);
  }
  writer.varint(size);
  writer.int8(0);
  writer.varlong(timestampDelta);
  writer.varint(offsetDelta);
  writeField(record.key);
  writeField(record.value);
  writer.varint(headers.length);
  for (let i = 0; i < headers.length; i++) {
    writeField(headerKeys[i] as Uint8Array);
    writeField((headers[i] as RecordHeader).value);
  }
}

function writeField(bytes: Uint8Array | null): void {
  if (bytes === null) {
    writer.varint(-1);
    return;
  }
  writer.varint(bytes.length);
  writer.raw(bytes);
}

function fieldSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

function varintSize(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0;
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x200000 ? 3 : raw < 0x10000000 ? 4 : 5;
}

function varlongSize(value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return varintSize(value);
  let half = value < 0 ? -value - 1 : value;
  let size = 1;
  for (half = Math.floor(half / 64); half > 0; half = Math.floor(half / 128)) size++;
  return size;
}

function setCrc(batch: Uint8Array): void {
  putInt32(batch, BatchField.crc, crc32c(batch, BatchField.attributes));
}

function putInt32(bytes: Uint8Array, p: number, value: number): void {
  bytes[p] = value >> 24;
  bytes[p + 1] = value >> 16;
  bytes[p + 2] = value >> 8;
  bytes[p + 3] = value;
}

function putInt64(bytes: Uint8Array, p: number, value: number): void {
  putInt32(bytes, p, Math.floor(value / 0x100000000));
  putInt32(bytes, p + 4, value | 0);
}

/** Whose clock dated the records of a batch, and the largest of their timestamps: the two fields that a log may correct. */
export interface BatchTimestamps {
  readonly type: TimestampType;
  readonly maxTimestamp: number;
}

/**
 * A copy of a batch with base offset and leader epoch set, which lie outside the CRC. With `timestamps` those are set too, and
 * the CRC is made anew. DecodeError if `batch` does not hold a whole batch.
 */
export function rebaseBatch(
  batch: Uint8Array,
  baseOffset: number,
  leaderEpoch: number,
  timestamps?: BatchTimestamps,
): Uint8Array {
  const { sizeInBytes, attributes } = readBatchHeader(batch);
  writer.resetPooled();
  writer.raw(sizeInBytes === batch.length ? batch : batch.subarray(0, sizeInBytes));
  const copy = writer.finishPooled();
  putInt64(copy, BatchField.baseOffset, baseOffset);
  putInt32(copy, BatchField.leaderEpoch, leaderEpoch);
  if (timestamps !== undefined) {
    const bit = timestamps.type === 'append' ? Attribute.appendTime : 0;
    copy[BatchField.attributes + 1] = (attributes & ~Attribute.appendTime) | bit;
    putInt64(copy, BatchField.maxTimestamp, timestamps.maxTimestamp);
    setCrc(copy);
  }
  return copy;
}
