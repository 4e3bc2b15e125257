/**
 * Logs as checkers remember them: one entry a batch, in parallel arrays, with a rolling hash of everything before. Two logs
 * are equal below an offset if their prefix hashes there are equal, which makes most comparisons O(log n).
 */

/** What a record batch's header says, read from its bytes (record batch v2). */
export interface BatchFacts {
  baseOffset: number;
  lastOffset: number;
  leaderEpoch: number;
  /** As a signed 32-bit number. */
  crc: number;
  producerId: number;
  producerEpoch: number;
  baseSequence: number;
  recordCount: number;
  isControl: boolean;
  isTransactional: boolean;
}

/** What the marker at the end of a transaction says. */
export interface Marker {
  readonly commit: boolean;
  readonly coordinatorEpoch: number;
}

function int32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** What fits 32 bits does not go through floating point: V8 keeps such numbers in the arrays themselves. */
function int64(bytes: Uint8Array, at: number): number {
  const high = int32(bytes, at);
  const low = int32(bytes, at + 4);
  return high === low >> 31 ? low : high * 0x1_0000_0000 + (low >>> 0);
}

function int16(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) >> 16) | (bytes[at + 1] as number);
}

/** Fills `into` from the header at `at`. Nothing is allocated. */
export function readFacts(bytes: Uint8Array, at: number, into: BatchFacts): void {
  into.baseOffset = int64(bytes, at);
  into.leaderEpoch = int32(bytes, at + 12);
  into.crc = int32(bytes, at + 17);
  const attributes = bytes[at + 22] as number;
  into.isControl = (attributes & 0x20) !== 0;
  into.isTransactional = (attributes & 0x10) !== 0;
  into.lastOffset = into.baseOffset + int32(bytes, at + 23);
  into.producerId = int64(bytes, at + 43);
  into.producerEpoch = int16(bytes, at + 51);
  into.baseSequence = int32(bytes, at + 53);
  into.recordCount = int32(bytes, at + 57);
}

const RECORDS_AT = 61;
const ABORT = 0;
const COMMIT = 1;

/** The marker that a control batch is; null if it is another one. */
export function readMarker(bytes: Uint8Array, at: number): Marker | null {
  let position = at + RECORDS_AT;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[position++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  };
  // Of the record: its length, attributes, timestamp and offset, then key and value with the length of each before it.
  varint();
  position++;
  varint();
  varint();
  const keyLength = varint();
  const type = int16(bytes, position + 2);
  position += keyLength;
  varint();
  if (type !== ABORT && type !== COMMIT) return null;
  return { commit: type === COMMIT, coordinatorEpoch: int32(bytes, position + 2) };
}

/** Size of the batch at `at` with its 12-byte prefix. */
export function batchSize(bytes: Uint8Array, at: number): number {
  return int32(bytes, at + 8) + 12;
}

export function emptyFacts(): BatchFacts {
  return {
    baseOffset: 0,
    lastOffset: 0,
    leaderEpoch: 0,
    crc: 0,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    recordCount: 0,
    isControl: false,
    isTransactional: false,
  };
}

/** Stirs a 32-bit number into a hash, a signed 32-bit number too. */
export function mix(hash: number, value: number): number {
  let h = Math.imul(hash ^ value, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return h ^ (h >>> 13);
}

/** The hash of a log that goes on with one more batch. */
function chain(prefix: number, baseOffset: number, lastOffset: number, epoch: number, crc: number): number {
  return mix(mix(mix(mix(prefix, baseOffset | 0), lastOffset - baseOffset), epoch), crc);
}

export const EMPTY_PREFIX = 0;

/** Batches in offset order. Entries are removed only at the end. */
export class BatchList {
  /** Where the log begins; what was below is not known here. */
  start = 0;
  end = 0;
  /** Hash of everything before the first entry, if known. */
  startPrefix = EMPTY_PREFIX;
  readonly bases: number[] = [];
  readonly lasts: number[] = [];
  readonly epochs: number[] = [];
  readonly crcs: number[] = [];
  /** Hash up to and with the entry. */
  readonly prefixes: number[] = [];

  get count(): number {
    return this.bases.length;
  }

  get lastEpoch(): number {
    return this.epochs[this.count - 1] ?? 0;
  }

  /** Hash of everything. */
  get prefix(): number {
    return this.prefixes[this.count - 1] ?? this.startPrefix;
  }

  push(baseOffset: number, lastOffset: number, epoch: number, crc: number): void {
    const prefix = chain(this.prefix, baseOffset, lastOffset, epoch, crc);
    this.bases.push(baseOffset);
    this.lasts.push(lastOffset);
    this.epochs.push(epoch);
    this.crcs.push(crc);
    this.prefixes.push(prefix);
    this.end = lastOffset + 1;
  }

  /** Index of the first entry that ends at or after `offset`; `count` if there is none. */
  indexOf(offset: number): number {
    const { lasts } = this;
    // Nearly all questions are about the end.
    let high = lasts.length;
    if (high === 0 || (lasts[high - 1] as number) < offset) return high;
    let low = 0;
    let step = 1;
    while (high - step > 0 && (lasts[high - step] as number) >= offset) step *= 2;
    low = Math.max(0, high - step);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lasts[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Hash of all whole batches below `offset`. */
  prefixAt(offset: number): number {
    const at = this.indexOf(offset);
    return at === 0 ? this.startPrefix : (this.prefixes[at - 1] as number);
  }

  copy(): BatchList {
    const copy = new BatchList();
    copy.restart(this.start, this.startPrefix);
    copy.take(this, 0, this.count);
    copy.end = this.end;
    return copy;
  }

  /** Takes over entries [from, to) of another list. */
  take(other: BatchList, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      this.push(other.bases[at] as number, other.lasts[at] as number, other.epochs[at] as number, other.crcs[at] as number);
    }
  }

  /** Cuts the batches that reach `offset` and above. */
  truncate(offset: number): void {
    const count = this.indexOf(offset);
    this.bases.length = count;
    this.lasts.length = count;
    this.epochs.length = count;
    this.crcs.length = count;
    this.prefixes.length = count;
    this.end = Math.min(this.end, offset);
    this.start = Math.min(this.start, this.end);
  }

  /** What comes next comes after a log with this hash, whatever is here. */
  rebase(prefix: number): void {
    if (this.count === 0) this.startPrefix = prefix;
    else this.prefixes[this.count - 1] = prefix;
  }

  restart(offset: number, startPrefix = EMPTY_PREFIX): void {
    this.bases.length = 0;
    this.lasts.length = 0;
    this.epochs.length = 0;
    this.crcs.length = 0;
    this.prefixes.length = 0;
    this.start = offset;
    this.end = offset;
    this.startPrefix = startPrefix;
  }
}
