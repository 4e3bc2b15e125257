/**
 * What a leader checks in batches before it takes them (Kafka's analyzeAndValidateRecords and LogValidator). Nothing is
 * changed or copied here. Records of an uncompressed batch are walked without being decoded.
 */
import { ErrorCode } from '../protocol/errors.ts';
import { DecodeError } from '../protocol/reader.ts';
import { type BatchHeader, decodeRecords, isBatchValid, readBatchHeader } from '../protocol/records.ts';
import type { AppendError, AppendOrigin, LogConfig } from './types.ts';

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

/** The checks of a leader; null if all hold. */
export function validateForLeader(
  bytes: Uint8Array,
  batches: ValidBatches,
  origin: AppendOrigin,
  leaderEpoch: number,
  logEndOffset: number,
  config: LogConfig,
  nowMs: number,
): AppendError | null {
  if (origin === 'client' && batches.headers.length !== 1) return invalid('a partition must get exactly one batch');
  let position = 0;
  let expectedOffset = logEndOffset;
  for (const header of batches.headers) {
    if (header.sizeInBytes > config['max.message.bytes']) {
      return {
        error: ErrorCode.MESSAGE_TOO_LARGE,
        message: `a batch of ${header.sizeInBytes} bytes is over max.message.bytes, ${config['max.message.bytes']}`,
      };
    }
    if (origin === 'raft-leader') {
      if (header.leaderEpoch !== leaderEpoch)
        return invalid(`batch epoch ${header.leaderEpoch} is not the leader's, ${leaderEpoch}`);
      if (header.baseOffset !== expectedOffset) return invalid(`base offset ${header.baseOffset} should be ${expectedOffset}`);
      expectedOffset = header.nextOffset;
    } else {
      const error = validateHeader(header, origin) ?? validateRecords(bytes, position, header, config, nowMs);
      if (error !== null) return error;
    }
    position += header.sizeInBytes;
  }
  if (batches.sizeBytes > config['segment.bytes']) {
    return {
      error: ErrorCode.RECORD_LIST_TOO_LARGE,
      message: `batches of ${batches.sizeBytes} bytes are over segment.bytes, ${config['segment.bytes']}`,
    };
  }
  return null;
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
): AppendError | null {
  const isCompact = hasPolicy(config, 'compact') && !header.isControl;
  const check = new RecordCheck(header, config, isCompact, nowMs);
  if (header.compression === 'none') walkRecords(bytes, position, header, check);
  else {
    try {
      const records = decodeRecords(bytes, position);
      for (const record of records) check.record(record.timestamp, record.offset - header.baseOffset, record.key !== null);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      check.malformed = true;
    }
  }
  return check.result();
}

/** cleanup.policy may be one name, names with commas between, or a list. */
export function hasPolicy(config: LogConfig, policy: 'delete' | 'compact'): boolean {
  const value = config['cleanup.policy'];
  return (typeof value === 'string' ? value.split(',') : value).some((name) => name.trim() === policy);
}

class RecordCheck {
  readonly #header: BatchHeader;
  readonly #isCompact: boolean;
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
    const byAppendTime = config['message.timestamp.type'] === 'LogAppendTime' || header.isControl;
    this.#earliest = byAppendTime ? Number.NEGATIVE_INFINITY : nowMs - config['message.timestamp.before.max.ms'];
    this.#latest = byAppendTime ? Number.POSITIVE_INFINITY : nowMs + config['message.timestamp.after.max.ms'];
  }

  record(timestamp: number, offsetDelta: number, hasKey: boolean): void {
    if (offsetDelta !== this.#count) this.malformed = true;
    if (timestamp !== NO_TIMESTAMP && (timestamp < this.#earliest || timestamp > this.#latest)) {
      this.#timestampError = true;
      this.#addError(`timestamp ${timestamp} is outside ${this.#earliest}..${this.#latest}`);
    }
    if (this.#isCompact && !hasKey) this.#addError('a record of a compacted topic must have a key');
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    this.#count++;
  }

  result(): AppendError | null {
    if (this.malformed || this.#count !== this.#header.recordCount)
      return invalid('the records do not agree with the batch header');
    if (this.#errors === null) {
      const isTrue = this.#header.timestampType === 'append' || this.#header.maxTimestamp === this.#maxTimestamp;
      return isTrue ? null : invalid(`max timestamp ${this.#header.maxTimestamp} should be ${this.#maxTimestamp}`);
    }
    return {
      error: this.#timestampError ? ErrorCode.INVALID_TIMESTAMP : ErrorCode.INVALID_RECORD,
      message: 'One or more records have been rejected',
      recordErrors: this.#errors,
    };
  }

  #addError(message: string): void {
    this.#errors ??= [];
    this.#errors.push({ batchIndex: this.#count, message });
  }
}

/** Reads length, timestamp, offset and key length of each record; skips the rest. */
function walkRecords(bytes: Uint8Array, batchPosition: number, header: BatchHeader, check: RecordCheck): void {
  const end = batchPosition + header.sizeInBytes;
  const cursor = new Varints(bytes, batchPosition + RECORDS_START, end);
  for (let index = 0; index < header.recordCount && !check.malformed; index++) {
    const length = cursor.next();
    const next = cursor.position + length;
    if (length < 0 || next > end || cursor.failed) {
      check.malformed = true;
      return;
    }
    cursor.position++;
    const timestamp = header.baseTimestamp + cursor.next();
    const offsetDelta = cursor.next();
    const keyLength = cursor.next();
    if (cursor.failed || cursor.position > next) check.malformed = true;
    check.record(timestamp, offsetDelta, keyLength >= 0);
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
