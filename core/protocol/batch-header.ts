/** The fixed 61-byte head of a record batch v2: where its fields are, reading it, walking over batches, and its CRC. */
import { COMPRESSION_TYPES, type CompressionType } from './compression.ts';
import { crc32c } from './crc32c.ts';
import { LeaderEpoch, Offset } from './numbers.ts';
import { DecodeError, Reader } from './reader.ts';

/** Byte positions within a batch. */
export const BatchField = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** Bytes of a batch without records. */
export const BATCH_OVERHEAD = 61;
/** Base offset and length, which the length field does not count. */
export const LENGTH_PREFIX = 12;

export const Attribute = {
  compression: 0x07,
  appendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

/** Timestamps are the producer's (`create`) or the broker's at append (`append`, all records have the batch's maxTimestamp). */
export type TimestampType = 'create' | 'append';

export interface BatchHeader {
  readonly baseOffset: Offset;
  /** The whole batch, with its 12-byte prefix. */
  readonly sizeInBytes: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly lastOffset: Offset;
  /** lastOffset + 1 */
  readonly nextOffset: Offset;
  readonly baseTimestamp: number;
  /** From when on its tombstones, or its marker, may be removed (KIP-534): stored as the base timestamp. Null: nobody has said yet. */
  readonly deleteHorizonMs: number | null;
  readonly maxTimestamp: number;
  /** -1: none */
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1: none */
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly recordCount: number;
  readonly compression: CompressionType;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly timestampType: TimestampType;
}

const reader = new Reader();
const MAX_INT32 = 0x7fffffff;

/** Sequence numbers wrap from 2^31 - 1 to 0. */
export function incrementSequence(sequence: number, increment: number): number {
  return sequence > MAX_INT32 - increment ? increment - (MAX_INT32 - sequence) - 1 : sequence + increment;
}

/** Size of the batch at `position` by its length field; DecodeError if no batch can have it. */
function sizeAt(position: number): number {
  reader.position = position + BatchField.length;
  const size = reader.int32() + LENGTH_PREFIX;
  if (size < BATCH_OVERHEAD) throw new DecodeError(`record batch of ${size} bytes at ${position}`);
  return size;
}

/** The compression codec of a batch's attributes; DecodeError for an id that Kafka does not have. */
function compressionName(attributes: number): CompressionType {
  const name = COMPRESSION_TYPES[attributes & Attribute.compression];
  if (name === undefined) throw new DecodeError(`compression codec ${attributes & Attribute.compression}`);
  return name;
}

/**
 * Reads a batch's header. DecodeError if the batch is cut off, is not of magic 2, or its fields contradict each other. Does not
 * check the CRC.
 */
export function readBatchHeader(bytes: Uint8Array, position = 0): BatchHeader {
  try {
    const r = reader.reset(bytes, position, bytes.length);
    const baseOffset = Offset(r.int64());
    const sizeInBytes = r.int32() + LENGTH_PREFIX;
    if (sizeInBytes < BATCH_OVERHEAD || sizeInBytes > bytes.length - position) r.fail(`record batch of ${sizeInBytes} bytes`);
    const leaderEpoch = LeaderEpoch(r.int32());
    const magic = r.int8();
    if (magic !== 2) r.fail(`record batch of magic ${magic}`);
    const crc = r.uint32();
    const attributes = r.int16();
    const lastOffsetDelta = r.int32();
    const baseTimestamp = r.int64();
    const maxTimestamp = r.int64();
    const producerId = r.int64();
    const producerEpoch = r.int16();
    const baseSequence = r.int32();
    const recordCount = r.int32();
    if (lastOffsetDelta < 0 || recordCount < 0) r.fail(`record batch with ${recordCount} records up to ${lastOffsetDelta}`);
    const lastOffset = Offset(baseOffset + lastOffsetDelta);
    return {
      baseOffset,
      sizeInBytes,
      leaderEpoch,
      magic,
      crc,
      attributes,
      lastOffsetDelta,
      lastOffset,
      nextOffset: Offset(lastOffset + 1),
      baseTimestamp,
      deleteHorizonMs: (attributes & Attribute.deleteHorizon) !== 0 ? baseTimestamp : null,
      maxTimestamp,
      producerId,
      producerEpoch,
      baseSequence,
      lastSequence: baseSequence < 0 ? -1 : incrementSequence(baseSequence, lastOffsetDelta),
      recordCount,
      compression: compressionName(attributes),
      isTransactional: (attributes & Attribute.transactional) !== 0,
      isControl: (attributes & Attribute.control) !== 0,
      timestampType: (attributes & Attribute.appendTime) !== 0 ? 'append' : 'create',
    };
  } finally {
    reader.release();
  }
}

/**
 * Visits the batches that follow one another in `bytes`; a partial one at the end is left out. `visit` may return false to
 * stop. DecodeError at a malformed header.
 */
export function forEachBatch(bytes: Uint8Array, visit: (header: BatchHeader, position: number) => void | false): void {
  let position = 0;
  while (bytes.length - position >= BATCH_OVERHEAD) {
    reader.reset(bytes, position, bytes.length);
    const size = sizeAt(position);
    if (size > bytes.length - position) return;
    if (visit(readBatchHeader(bytes, position), position) === false) return;
    position += size;
  }
}

/** Is there a whole batch at `position` whose CRC-32C is right? */
export function isBatchValid(bytes: Uint8Array, position = 0): boolean {
  if (bytes.length - position < BATCH_OVERHEAD) return false;
  const length = uint32At(bytes, position + BatchField.length);
  const end = position + LENGTH_PREFIX + length;
  if (length < BATCH_OVERHEAD - LENGTH_PREFIX || end > bytes.length) return false;
  if (bytes[position + BatchField.magic] !== 2) return false;
  return crc32c(bytes, position + BatchField.attributes, end) === uint32At(bytes, position + BatchField.crc);
}

function uint32At(bytes: Uint8Array, p: number): number {
  return (
    (((bytes[p] as number) << 24) |
      ((bytes[p + 1] as number) << 16) |
      ((bytes[p + 2] as number) << 8) |
      (bytes[p + 3] as number)) >>>
    0
  );
}

/** The flag of the first batch alone, without a look at what else it says; false of bytes that are no batch of format 2. */
export function isTransactional(records: Uint8Array): boolean {
  const attributes = records[BatchField.attributes + 1];
  return records[BatchField.magic] === 2 && attributes !== undefined && (attributes & Attribute.transactional) !== 0;
}
