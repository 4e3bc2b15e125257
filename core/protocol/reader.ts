/**
 * A cursor over received bytes with Kafka's primitive types. Every read checks what is left before it touches or allocates
 * anything; what is wrong with the bytes is a DecodeError.
 *
 * Hot path: bytes are read by index (no DataView to allocate per frame), one Reader is reused for all frames.
 */
import { shortString, utf8ToString } from './strings.ts';
import { readUuid } from './uuid.ts';

/** The bytes are not what the format says; `position` is where the reader stood. */
export class DecodeError extends Error {
  override readonly name: string = 'DecodeError';
}

/**
 * Long.MAX_VALUE as a number. int64 values are JavaScript numbers and must be safe integers, save for the two ends of the
 * range, which Kafka uses as "unbounded" (a timestamp or expiry that never comes): they decode to ±2^63 and encode back to
 * the same bytes.
 */
export const MAX_INT64 = 2 ** 63;
/** Long.MIN_VALUE as a number. */
export const MIN_INT64 = -(2 ** 63);

const EMPTY = new Uint8Array(0);
const float64Bytes = new Uint8Array(8);
const float64View = new DataView(float64Bytes.buffer);

export class Reader {
  bytes: Uint8Array = EMPTY;
  position = 0;
  end = 0;
  /** Until the next reset: is a known tagged field of another size than announced an error? */
  checksTagSizes = true;

  reset(bytes: Uint8Array, position: number, end: number): this {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    this.checksTagSizes = true;
    return this;
  }

  /** Lets go of the bytes, so that a reused reader does not keep them alive. */
  release(): void {
    this.bytes = EMPTY;
    this.position = 0;
    this.end = 0;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  fail(what: string): never {
    throw new DecodeError(`${what} at byte ${this.position} of ${this.end}`);
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  int8(): number {
    const p = this.position;
    if (p + 1 > this.end) this.fail('truncated int8');
    this.position = p + 1;
    return ((this.bytes[p] as number) << 24) >> 24;
  }

  int16(): number {
    const p = this.position;
    if (p + 2 > this.end) this.fail('truncated int16');
    this.position = p + 2;
    const b = this.bytes;
    return (((b[p] as number) << 24) >> 16) | (b[p + 1] as number);
  }

  uint16(): number {
    return this.int16() & 0xffff;
  }

  int32(): number {
    const p = this.position;
    if (p + 4 > this.end) this.fail('truncated int32');
    this.position = p + 4;
    const b = this.bytes;
    return ((b[p] as number) << 24) | ((b[p + 1] as number) << 16) | ((b[p + 2] as number) << 8) | (b[p + 3] as number);
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  int64(): number {
    const high = this.int32();
    const low = this.int32();
    if (high >= -0x200000 && high <= 0x1fffff) {
      const value = high * 0x100000000 + (low >>> 0);
      if (value !== -0x20000000000000) return value;
    }
    if (high === 0x7fffffff && low === -1) return MAX_INT64;
    if (high === -0x80000000 && low === 0) return MIN_INT64;
    return this.fail('int64 beyond 2^53');
  }

  /** All 64 bits, signed. */
  hash64(): bigint {
    const high = this.int32();
    const low = this.int32();
    return (BigInt(high) << 32n) | BigInt(low >>> 0);
  }

  float64(): number {
    const p = this.position;
    if (p + 8 > this.end) this.fail('truncated float64');
    this.position = p + 8;
    for (let i = 0; i < 8; i++) float64Bytes[i] = this.bytes[p + i] as number;
    return float64View.getFloat64(0);
  }

  uuid(): string {
    const p = this.position;
    if (p + 16 > this.end) this.fail('truncated uuid');
    this.position = p + 16;
    return readUuid(this.bytes, p);
  }

  /** Unsigned varint of up to 32 bits; a longer one is an error. */
  uvarint(): number {
    const b = this.bytes;
    let p = this.position;
    if (p >= this.end) this.fail('truncated varint');
    let byte = b[p++] as number;
    if (byte < 0x80) {
      this.position = p;
      return byte;
    }
    let value = byte & 0x7f;
    for (let shift = 7; shift <= 28; shift += 7) {
      if (p >= this.end) this.fail('truncated varint');
      byte = b[p++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) this.fail('varint beyond 32 bits');
        this.position = p;
        return value >>> 0;
      }
    }
    return this.fail('varint longer than 5 bytes');
  }

  /** Signed (zigzag) varint of up to 32 bits. */
  varint(): number {
    const raw = this.uvarint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Signed (zigzag) varint of up to 64 bits, as a number. */
  varlong(): number {
    const b = this.bytes;
    let p = this.position;
    // The value as low 28 bits + middle 28 bits + high 8 bits.
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (p >= this.end) this.fail('truncated varint');
      const byte = b[p++] as number;
      const part = byte & 0x7f;
      if (i < 4) low |= part << (7 * i);
      else if (i < 8) middle |= part << (7 * (i - 4));
      else high |= part << (7 * (i - 8));
      if (byte < 0x80) {
        if (high > 0xff) this.fail('varint beyond 64 bits');
        this.position = p;
        if (i < 4) return (low >>> 1) ^ -(low & 1);
        return this.#unzigzag(low, middle, high);
      }
    }
    return this.fail('varint longer than 10 bytes');
  }

  /** raw = high * 2^56 + middle * 2^28 + low; value = raw >> 1, complemented if raw is odd. */
  #unzigzag(low: number, middle: number, high: number): number {
    const negative = (low & 1) === 1;
    if (high === 0xff && middle === 0xfffffff && (low | 1) === 0xfffffff) {
      if (negative) return MIN_INT64;
      return MAX_INT64;
    }
    const half = high * 2 ** 55 + middle * 2 ** 27 + (low >>> 1);
    const value = negative ? -half - 1 : half;
    if (!Number.isSafeInteger(value)) this.fail('int64 beyond 2^53');
    return value;
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Uint8Array {
    const p = this.position;
    if (length < 0 || length > this.end - p) this.fail(`length ${length} beyond the end`);
    this.position = p + length;
    return length === 0 ? EMPTY : this.bytes.subarray(p, p + length);
  }

  skip(length: number): void {
    if (length < 0 || length > this.end - this.position) this.fail(`length ${length} beyond the end`);
    this.position += length;
  }

  #text(length: number): string {
    const p = this.position;
    if (length < 0 || length > this.end - p) this.fail(`string of length ${length} beyond the end`);
    this.position = p + length;
    return length <= 64 ? shortString(this.bytes, p, length) : utf8ToString(this.bytes.subarray(p, p + length));
  }

  string(): string {
    return this.#text(this.int16());
  }

  nullableString(): string | null {
    const length = this.int16();
    return length === -1 ? null : this.#text(length);
  }

  compactString(): string {
    return this.#text(this.uvarint() - 1);
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1;
    return length === -1 ? null : this.#text(length);
  }

  byteString(): Uint8Array {
    return this.take(this.int32());
  }

  nullableBytes(): Uint8Array | null {
    const length = this.int32();
    return length === -1 ? null : this.take(length);
  }

  compactBytes(): Uint8Array {
    return this.take(this.uvarint() - 1);
  }

  compactNullableBytes(): Uint8Array | null {
    const length = this.uvarint() - 1;
    return length === -1 ? null : this.take(length);
  }

  /** Element count of a non-null array; each element takes at least `minimumSize` bytes. */
  arrayLength(minimumSize: number): number {
    return this.#checkedLength(this.int32(), minimumSize);
  }

  /** As `arrayLength`; -1 for null. */
  nullableArrayLength(minimumSize: number): number {
    const length = this.int32();
    return length === -1 ? -1 : this.#checkedLength(length, minimumSize);
  }

  compactArrayLength(minimumSize: number): number {
    return this.#checkedLength(this.uvarint() - 1, minimumSize);
  }

  compactNullableArrayLength(minimumSize: number): number {
    const length = this.uvarint() - 1;
    return length === -1 ? -1 : this.#checkedLength(length, minimumSize);
  }

  #checkedLength(length: number, minimumSize: number): number {
    if (length < 0 || length * minimumSize > this.end - this.position) this.fail(`array of ${length} elements beyond the end`);
    return length;
  }

  /** Number of tagged fields that follow; each takes at least two bytes. */
  tagCount(): number {
    const p = this.position;
    if (p < this.end && this.bytes[p] === 0) {
      this.position = p + 1;
      return 0;
    }
    return this.#checkedLength(this.uvarint(), 2);
  }

  /** Reads over a whole tag section. */
  skipTags(): void {
    for (let n = this.tagCount(); n > 0; n--) {
      this.uvarint();
      this.skip(this.uvarint());
    }
  }

  /** Size of a tagged field's content; returns the position where it must end. */
  tagEnd(): number {
    const size = this.uvarint();
    if (size > this.end - this.position) this.fail(`tagged field of ${size} bytes beyond the end`);
    return this.position + size;
  }

  /** After a known tagged field: the content must have the size that was announced, unless sizes are taken as they come. */
  endTag(end: number): void {
    if (this.checksTagSizes && this.position !== end) this.fail(`tagged field should end at byte ${end}`);
  }

  /** Nothing may follow a whole message. */
  finish(): void {
    if (this.position !== this.end) this.fail(`${this.end - this.position} bytes after the message`);
  }
}
