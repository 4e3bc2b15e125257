/**
 * What a leader checks in batches before it takes them (Kafka's analyzeAndValidateRecords and LogValidator), and what it finds
 * that the log will have to write otherwise (append-rewrite.ts). Nothing is changed or copied here. Records of a batch that is
 * kept as it is are walked without being decoded unless they are compressed.
 */
import type { Compression } from '../../ports/compression.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { DecodeError } from '../protocol/reader.ts';
import {
  type BatchHeader,
  type CompressionType,
  type DecodedRecord,
  decodeRecords,
  isBatchValid,
  readBatchHeader,
} from '../protocol/records.ts';
import { type AppendError, type AppendOrigin, type LogConfig, segmentBytes } from './types.ts';

const RECORDS_START = 61;
const NO_TIMESTAMP = -1;

export interface ValidBatches {
  readonly headers: readonly BatchHeader[];
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly maxTimestamp: number;
}

/** Splits into whole batches with valid CRC. A partial batch at the end is refused: nobody sends one. */
export function readBatches(bytes: Uint8Array): ValidBatches | AppendError {
  const headers: BatchHeader[] = [];
  let position = 0;
  let recordCount = 0;
  let maxTimestamp = NO_TIMESTAMP;
  try {
    while (position < bytes.length) {
      const header = readBatchHeader(bytes, position);
      if (position + header.sizeInBytes > bytes.length) return corrupt('a batch is cut off at the end');
      if (header.magic !== 2) {
        return {
          error: ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT,
          message: `record format version ${header.magic} is not supported`,
        };
      }
      if (!isBatchValid(bytes, position)) return corrupt(`the CRC of the batch at byte ${position} does not match`);
      headers.push(header);
      position += header.sizeInBytes;
      recordCount += header.recordCount;
      if (header.maxTimestamp > maxTimestamp) maxTimestamp = header.maxTimestamp;
    }
  } catch (error) {
    if (error instanceof DecodeError) return corrupt(error.message);
    throw error;
  }
  return { headers, sizeBytes: bytes.length, recordCount, maxTimestamp };
}

/** What the records of a batch say, whatever its header does. */
export interface CheckedBatch {
  /** The largest timestamp of its records; -1: none has one. */
  readonly maxTimestamp: number;
  /** Its records, where they have to be written anew: compressed otherwise, or with offsets that follow one another. */
  readonly rewritten: readonly DecodedRecord[] | null;
}

/** The checks of a leader: what was found in each batch if all hold. What raft's leader wrote itself is taken as it is. */
export function validateForLeader(
  bytes: Uint8Array,
  batches: ValidBatches,
  origin: AppendOrigin,
  leaderEpoch: LeaderEpoch,
  logEndOffset: Offset,
  config: LogConfig,
  nowMs: number,
  codecs: Compression,
): readonly CheckedBatch[] | AppendError {
  if (origin === 'client' && batches.headers.length !== 1) return invalid('a partition must get exactly one batch');
  const checked: CheckedBatch[] = [];
  let position = 0;
  let expectedOffset = logEndOffset;
  for (const header of batches.headers) {
    const tooLarge = checkBatchSize(header, config);
    if (tooLarge !== null) return tooLarge;
    if (origin === 'raft-leader') {
      if (header.leaderEpoch !== leaderEpoch)
        return invalid(`batch epoch ${header.leaderEpoch} is not the leader's, ${leaderEpoch}`);
      if (header.baseOffset !== expectedOffset) return invalid(`base offset ${header.baseOffset} should be ${expectedOffset}`);
      expectedOffset = header.nextOffset;
    } else {
      const found = validateHeader(header, origin) ?? validateRecords(bytes, position, header, config, nowMs, codecs);
      if ('error' in found) return found;
      checked.push(found);
    }
    position += header.sizeInBytes;
  }
  return checked;
}

/** Null if the batch is not too large for its topic. */
export function checkBatchSize(header: BatchHeader, config: LogConfig): AppendError | null {
  if (header.sizeInBytes <= config['max.message.bytes']) return null;
  return {
    error: ErrorCode.MESSAGE_TOO_LARGE,
    message: `a batch of ${header.sizeInBytes} bytes is over max.message.bytes, ${config['max.message.bytes']}`,
  };
}

/** Null if the batches fit into one segment. */
export function checkSegmentSize({ sizeBytes }: ValidBatches, config: LogConfig): AppendError | null {
  if (sizeBytes <= segmentBytes(config)) return null;
  return {
    error: ErrorCode.RECORD_LIST_TOO_LARGE,
    message: `batches of ${sizeBytes} bytes are over segment.bytes, ${segmentBytes(config)}`,
  };
}

/** How the topic wants a batch compressed. Control batches are not compressed by the log. */
export function targetCompression({ compression, isControl }: BatchHeader, config: LogConfig): CompressionType {
  const wanted = config['compression.type'];
  if (wanted === 'producer' || (isControl && compression === 'none')) return compression;
  return wanted === 'uncompressed' ? 'none' : wanted;
}

function validateHeader(header: BatchHeader, origin: AppendOrigin): AppendError | null {
  if (header.recordCount <= 0) return invalid('a batch must have records');
  if (header.lastOffsetDelta !== header.recordCount - 1) {
    return invalid(`last offset delta ${header.lastOffsetDelta} contradicts the count of ${header.recordCount} records`);
  }
  if (origin !== 'client') return null;
  if (header.baseOffset !== 0) return invalid(`the base offset of a produced batch should be 0, but is ${header.baseOffset}`);
  if (header.isControl) return invalid('clients may not write control batches');
  if (header.producerId >= 0 && header.baseSequence < 0) return invalid('a batch with a producer id must have a sequence number');
  return null;
}

function validateRecords(
  bytes: Uint8Array,
  position: number,
  header: BatchHeader,
  config: LogConfig,
  nowMs: number,
  codecs: Compression,
): CheckedBatch | AppendError {
  const isCompact = hasPolicy(config, 'compact') && !header.isControl;
  const check = new RecordCheck(header, config, isCompact, nowMs);
  const isKept = targetCompression(header, config) === header.compression;
  if (isKept && header.compression === 'none') {
    walkRecords(bytes, position, header, check);
    return check.result(null);
  }
  let records: readonly DecodedRecord[];
  try {
    records = decodeRecords(bytes, position, codecs, config['max.decompressed.message.bytes']);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return invalid(error.message);
  }
  let isInOrder = true;
  for (const [index, record] of records.entries()) {
    check.record(record.timestamp, record.key !== null);
    // Kafka numbers them anew in a compressed batch, for clients that did it wrong, and keeps them as they are in a plain one.
    if (record.offset !== header.baseOffset + index) isInOrder = false;
  }
  return check.result(isKept && isInOrder ? null : records);
}

/** cleanup.policy may be one name, names with commas between, or a list. */
export function hasPolicy(config: LogConfig, policy: 'delete' | 'compact'): boolean {
  const value = config['cleanup.policy'];
  return (typeof value === 'string' ? value.split(',') : value).some((name) => name.trim() === policy);
}

class RecordCheck {
  readonly #header: BatchHeader;
  readonly #isCompact: boolean;
  readonly #dating: 'by-clients' | 'by-log' | 'control';
  readonly #earliest: number;
  readonly #latest: number;
  #count = 0;
  #maxTimestamp = NO_TIMESTAMP;
  #timestampError = false;
  #errors: { batchIndex: number; message: string }[] | null = null;
  malformed = false;

  constructor(header: BatchHeader, config: LogConfig, isCompact: boolean, nowMs: number) {
    this.#header = header;
    this.#isCompact = isCompact;
    const byLog = config['message.timestamp.type'] === 'LogAppendTime';
    this.#dating = header.isControl ? 'control' : byLog ? 'by-log' : 'by-clients';
    this.#earliest = nowMs - config['message.timestamp.before.max.ms'];
    this.#latest = nowMs + config['message.timestamp.after.max.ms'];
  }

  /** The next record. Of a batch that the log is said to have dated, all records have the header's timestamp. */
  record(timestamp: number, hasKey: boolean): void {
    const problem = this.#isCompact && !hasKey ? 'a record of a compacted topic must have a key' : this.#misdated(timestamp);
    if (problem !== null) {
      this.#errors ??= [];
      this.#errors.push({ batchIndex: this.#count, message: problem });
    }
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    this.#count++;
  }

  #misdated(timestamp: number): string | null {
    let problem: string | null = null;
    if (this.#dating === 'by-clients' && timestamp !== NO_TIMESTAMP) {
      const isInRange = timestamp >= this.#earliest && timestamp <= this.#latest;
      if (!isInRange) problem = `timestamp ${timestamp} is outside ${this.#earliest}..${this.#latest}`;
    } else if (this.#dating !== 'control' && this.#header.timestampType === 'append') {
      problem = 'a client may not say that the log dated its records';
    }
    if (problem !== null) this.#timestampError = true;
    return problem;
  }

  result(rewritten: readonly DecodedRecord[] | null): CheckedBatch | AppendError {
    if (this.malformed || this.#count !== this.#header.recordCount)
      return invalid('the records do not agree with the batch header');
    if (this.#errors === null) return { maxTimestamp: this.#maxTimestamp, rewritten };
    return {
      error: this.#timestampError ? ErrorCode.INVALID_TIMESTAMP : ErrorCode.INVALID_RECORD,
      message: 'One or more records have been rejected',
      recordErrors: this.#errors,
    };
  }
}

/** Reads length, timestamp, offset and key length of each record; skips the rest. */
function walkRecords(bytes: Uint8Array, batchPosition: number, header: BatchHeader, check: RecordCheck): void {
  const end = batchPosition + header.sizeInBytes;
  const isDated = header.timestampType === 'append';
  const cursor = new Varints(bytes, batchPosition + RECORDS_START, end);
  for (let index = 0; index < header.recordCount && !check.malformed; index++) {
    const length = cursor.next();
    const next = cursor.position + length;
    if (length < 0 || next > end || cursor.failed) {
      check.malformed = true;
      return;
    }
    cursor.position++;
    const timestampDelta = cursor.next();
    const offsetDelta = cursor.next();
    const keyLength = cursor.next();
    const isWithin = offsetDelta >= 0 && offsetDelta <= header.lastOffsetDelta;
    if (!isWithin || cursor.failed || cursor.position > next) check.malformed = true;
    check.record(isDated ? header.maxTimestamp : header.baseTimestamp + timestampDelta, keyLength >= 0);
    cursor.position = next;
  }
  if (cursor.position !== end) check.malformed = true;
}

/** Zigzag varints and varlongs as numbers. */
class Varints {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  position: number;
  failed = false;

  constructor(bytes: Uint8Array, position: number, end: number) {
    this.#bytes = bytes;
    this.position = position;
    this.#end = end;
  }

  next(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10 && this.position < this.#end; count++) {
      const byte = this.#bytes[this.position++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    this.failed = true;
    return 0;
  }
}

function corrupt(message: string): AppendError {
  return { error: ErrorCode.CORRUPT_MESSAGE, message };
}

function invalid(message: string): AppendError {
  return { error: ErrorCode.INVALID_RECORD, message };
}
