/**
 * Grows one scratch buffer for Kafka's primitive types and gives out an exact copy at the end; or, for frames, writes into a
 * slab and gives out a part of that. A value that the wire can't hold is a fault of the caller: EncodeError.
 *
 * Hot path: bytes are written by index, one Writer is reused for all frames.
 */
import { MAX_INT64, MIN_INT64 } from './reader.ts';
import { stringToUtf8 } from './strings.ts';
import { writeUuid } from './uuid.ts';

/** A value does not fit its field: out of range, null where null is not allowed, or not a uuid. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
}

const INITIAL_BYTES = 64 * 1024;
/** A scratch buffer that one huge message made larger than this is dropped again. */
const KEPT_BYTES = 4 * 1024 * 1024;

const SLAB_BYTES = 8 * 1024;
const POOLED_BYTES = 1024;
/** A slab with less room than this is full. */
const LEAST_ROOM = 512;

const float64Bytes = new Uint8Array(8);
const float64View = new DataView(float64Bytes.buffer);

export class Writer {
  /** What is written to: the scratch buffer or the slab. */
  bytes: Uint8Array = new Uint8Array(INITIAL_BYTES);
  position = 0;
  #scratch = this.bytes;
  #slab = new Uint8Array(0);
  #slabPosition = SLAB_BYTES;
  #start = 0;

  /** Begins a message that `finish` will end. */
  reset(): this {
    if (this.#scratch.length > KEPT_BYTES) this.#scratch = new Uint8Array(INITIAL_BYTES);
    this.bytes = this.#scratch;
    this.position = 0;
    return this;
  }

  /** Begins a message that `finishPooled` will end. */
  resetPooled(): this {
    if (this.#slabPosition + LEAST_ROOM > SLAB_BYTES) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#slabPosition = 0;
    }
    this.bytes = this.#slab;
    this.#start = this.#slabPosition;
    this.position = this.#start;
    return this;
  }

  /** A copy of what was written, of exactly that size. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.position);
  }

  /**
   * As `finish`, for what does not live long (frames): small ones share a slab, because an ArrayBuffer for each costs more than
   * all the rest of encoding it. Whoever keeps one keeps its slab of 8 KiB alive.
   */
  finishPooled(): Uint8Array {
    const { bytes, position } = this;
    const start = this.#start;
    if (bytes !== this.#slab || position - start > POOLED_BYTES) return bytes.slice(start, position);
    this.#slabPosition = position;
    return bytes.subarray(start, position);
  }

  fail(what: string): never {
    throw new EncodeError(what);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.position + count > this.bytes.length) this.#grow(this.position + count);
  }

  /** What was written moves to a larger scratch buffer, to the same positions. */
  #grow(needed: number): void {
    const written = this.bytes.subarray(0, this.position);
    if (this.bytes === this.#scratch || needed > this.#scratch.length)
      this.#scratch = new Uint8Array(Math.max(needed, this.#scratch.length * 2));
    this.#scratch.set(written);
    this.bytes = this.#scratch;
  }

  bool(value: boolean): void {
    this.reserve(1);
    this.bytes[this.position++] = value ? 1 : 0;
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) this.fail(`${value} is not an int8`);
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) this.fail(`${value} is not an int16`);
    this.reserve(2);
    const p = this.position;
    this.bytes[p] = value >> 8;
    this.bytes[p + 1] = value;
    this.position = p + 2;
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) this.fail(`${value} is not a uint16`);
    this.int16((value << 16) >> 16);
  }

  int32(value: number): void {
    if ((value | 0) !== value) this.fail(`${value} is not an int32`);
    this.reserve(4);
    const p = this.position;
    const b = this.bytes;
    b[p] = value >> 24;
    b[p + 1] = value >> 16;
    b[p + 2] = value >> 8;
    b[p + 3] = value;
    this.position = p + 4;
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) this.fail(`${value} is not a uint32`);
    this.int32(value | 0);
  }

  /** A safe integer, or ±2^63 for the ends of the range (MAX_INT64, MIN_INT64). */
  int64(value: number): void {
    if (Number.isSafeInteger(value)) {
      const low = value | 0;
      this.int32((value - (low >>> 0)) / 0x100000000);
      this.int32(low);
    } else if (value === MAX_INT64) {
      this.int32(0x7fffffff);
      this.int32(-1);
    } else if (value === MIN_INT64) {
      this.int32(-0x80000000);
      this.int32(0);
    } else {
      this.fail(`${value} is not a safe int64`);
    }
  }

  /** All 64 bits, signed. */
  hash64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) this.fail(`${value} is not an int64`);
    this.int32(Number(value >> 32n));
    this.int32(Number(BigInt.asIntN(32, value)));
  }

  float64(value: number): void {
    float64View.setFloat64(0, value);
    this.raw(float64Bytes);
  }

  uuid(value: string): void {
    this.reserve(16);
    try {
      writeUuid(value, this.bytes, this.position);
    } catch {
      this.fail(`'${value}' is not a uuid`);
    }
    this.position += 16;
  }

  /** Unsigned varint of up to 32 bits. */
  uvarint(value: number): void {
    this.reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.bytes[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.position++] = rest;
  }

  /** Signed (zigzag) varint of up to 32 bits. */
  varint(value: number): void {
    this.uvarint((value << 1) ^ (value >> 31));
  }

  /** Signed (zigzag) varint of up to 64 bits; a safe integer, or ±2^63 for the ends of the range. */
  varlong(value: number): void {
    if (value >= -0x40000000 && value < 0x40000000) {
      this.varint(value);
      return;
    }
    this.reserve(10);
    if (value === MAX_INT64 || value === MIN_INT64) {
      this.bytes[this.position++] = value < 0 ? 0xff : 0xfe;
      for (let i = 0; i < 8; i++) this.bytes[this.position++] = 0xff;
      this.bytes[this.position++] = 0x01;
      return;
    }
    if (!Number.isSafeInteger(value)) this.fail(`${value} is not a safe int64`);
    // zigzag(value) = 2 * half + negative, kept as half to stay a safe integer.
    const negative = value < 0;
    let half = negative ? -value - 1 : value;
    this.bytes[this.position++] = ((half % 64) << 1) | (negative ? 1 : 0) | 0x80;
    half = Math.floor(half / 64);
    while (half > 0x7f) {
      this.bytes[this.position++] = (half % 128) | 0x80;
      half = Math.floor(half / 128);
    }
    this.bytes[this.position++] = half;
  }

  /** Bytes without a length. */
  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.position);
    this.position += value.length;
  }

  /** Text at the position, if it is ASCII; the caller has reserved its length. */
  #ascii(value: string): boolean {
    const b = this.bytes;
    const p = this.position;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      b[p + i] = code;
    }
    this.position = p + value.length;
    return true;
  }

  string(value: string | null): void {
    if (value === null) this.fail('null for a string that must not be null');
    this.nullableString(value);
  }

  nullableString(value: string | null): void {
    if (value === null) {
      this.int16(-1);
      return;
    }
    const length = value.length;
    this.reserve(length + 2);
    const start = this.position;
    if (length <= 0x7fff) {
      this.int16(length);
      if (this.#ascii(value)) return;
      this.position = start;
    }
    const bytes = stringToUtf8(value);
    this.int16(bytes.length);
    this.raw(bytes);
  }

  compactString(value: string | null): void {
    if (value === null) this.fail('null for a string that must not be null');
    this.compactNullableString(value);
  }

  compactNullableString(value: string | null): void {
    if (value === null) {
      this.uvarint(0);
      return;
    }
    const length = value.length;
    this.reserve(length + 5);
    const start = this.position;
    this.uvarint(length + 1);
    if (this.#ascii(value)) return;
    this.position = start;
    const bytes = stringToUtf8(value);
    this.uvarint(bytes.length + 1);
    this.raw(bytes);
  }

  byteString(value: Uint8Array | null): void {
    if (value === null) this.fail('null for bytes that must not be null');
    this.nullableBytes(value);
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) {
      this.int32(-1);
      return;
    }
    this.int32(value.length);
    this.raw(value);
  }

  compactBytes(value: Uint8Array | null): void {
    if (value === null) this.fail('null for bytes that must not be null');
    this.compactNullableBytes(value);
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) {
      this.uvarint(0);
      return;
    }
    this.uvarint(value.length + 1);
    this.raw(value);
  }

  /** Begins a tagged field; returns what `endTag` needs. */
  beginTag(tag: number): number {
    this.uvarint(tag);
    this.reserve(1);
    return ++this.position;
  }

  /** Puts the size before the content of a tagged field; one byte was left for it. */
  endTag(start: number): void {
    const size = this.position - start;
    if (size < 0x80) {
      this.bytes[start - 1] = size;
      return;
    }
    this.reserve(5);
    this.position = start - 1;
    const sizeBytes = size < 0x4000 ? 2 : size < 0x200000 ? 3 : size < 0x10000000 ? 4 : 5;
    this.bytes.copyWithin(start - 1 + sizeBytes, start, start + size);
    this.uvarint(size);
    this.position += size;
  }
}
