/**
 * LZ4 frames (format v1.5.1). Encodes independent, uncompressed 64 KiB blocks, with the header flags that Kafka's own clients
 * use; decodes all frames without a dictionary.
 */
import { DecodeError } from '../reader.ts';
import { xxhash32 } from './xxhash32.ts';

const MAGIC = 0x184d2204;
const BLOCK_BYTES = 64 * 1024;
const UNCOMPRESSED = 0x80000000;
/** Version 01, independent blocks; no checksums but the header's. */
const FLAGS = 0x60;
const BLOCK_SIZE_64K = 0x40;

function putLittleEndian32(out: Uint8Array, p: number, value: number): void {
  out[p] = value;
  out[p + 1] = value >>> 8;
  out[p + 2] = value >>> 16;
  out[p + 3] = value >>> 24;
}

function littleEndian32(bytes: Uint8Array, p: number): number {
  if (p + 4 > bytes.length) throw new DecodeError('truncated lz4 frame');
  return (
    ((bytes[p] as number) |
      ((bytes[p + 1] as number) << 8) |
      ((bytes[p + 2] as number) << 16) |
      ((bytes[p + 3] as number) << 24)) >>>
    0
  );
}

function compress(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(7 + Math.ceil(bytes.length / BLOCK_BYTES) * 4 + bytes.length + 4);
  putLittleEndian32(out, 0, MAGIC);
  out[4] = FLAGS;
  out[5] = BLOCK_SIZE_64K;
  out[6] = xxhash32(out, 4, 6) >>> 8;
  let p = 7;
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const part = bytes.subarray(start, start + BLOCK_BYTES);
    putLittleEndian32(out, p, part.length + UNCOMPRESSED);
    out.set(part, p + 4);
    p += 4 + part.length;
  }
  return out;
}

function decompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (littleEndian32(bytes, 0) !== MAGIC) throw new DecodeError('not lz4');
  if (bytes.length < 7) throw new DecodeError('truncated lz4 frame');
  const flags = bytes[4] as number;
  const sizeCode = ((bytes[5] as number) >>> 4) & 7;
  if (flags >>> 6 !== 1 || flags & 1 || sizeCode < 4) throw new DecodeError('unsupported lz4 frame');
  const blockChecksums = (flags & 0x10) !== 0;
  const contentSize = (flags & 0x08) !== 0;
  const contentChecksum = (flags & 0x04) !== 0;
  const independent = (flags & 0x20) !== 0;
  const headerEnd = contentSize ? 14 : 6;
  if (headerEnd >= bytes.length) throw new DecodeError('truncated lz4 frame');
  // Old clients wrote the checksum over the magic too (KAFKA-3160), so it is not checked.
  const maxBlockBytes = 1 << (8 + 2 * sizeCode);
  const output = new Lz4Output(maxBytes);
  let p = headerEnd + 1;
  for (;;) {
    const word = littleEndian32(bytes, p);
    p += 4;
    if (word === 0) break;
    const size = word & 0x7fffffff;
    if (size > maxBlockBytes || size > bytes.length - p) throw new DecodeError(`lz4 block of ${size} bytes`);
    const block = bytes.subarray(p, p + size);
    p += size;
    if (blockChecksums) {
      if (littleEndian32(bytes, p) !== xxhash32(block, 0, size)) throw new DecodeError('bad lz4 block checksum');
      p += 4;
    }
    if (word >= UNCOMPRESSED) output.append(block);
    else output.decodeBlock(block, maxBlockBytes, independent);
  }
  const plain = output.finish();
  if (contentChecksum && littleEndian32(bytes, p) !== xxhash32(plain, 0, plain.length)) throw new DecodeError('bad lz4 checksum');
  return plain;
}

/** What a frame's blocks stand for so far: blocks may refer to bytes of the ones before. Grows by what input justifies. */
class Lz4Output {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(1024);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#maxBytes) throw new DecodeError(`decompresses to more than ${this.#maxBytes} bytes`);
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  append(part: Uint8Array): void {
    this.#reserve(part.length);
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  decodeBlock(block: Uint8Array, maxBlockBytes: number, independent: boolean): void {
    const start = this.#length;
    const oldest = independent ? start : 0;
    let p = 0;
    const extended = (nibble: number): number => {
      let total = nibble;
      if (nibble < 15) return total;
      for (;;) {
        const byte = block[p++];
        if (byte === undefined) throw new DecodeError('truncated lz4 length');
        total += byte;
        if (byte < 255) return total;
      }
    };
    while (p < block.length) {
      const token = block[p++] as number;
      const literals = extended(token >>> 4);
      if (literals > block.length - p) throw new DecodeError('lz4 literal beyond the end');
      this.append(block.subarray(p, p + literals));
      p += literals;
      if (p === block.length) break;
      if (block.length - p < 2) throw new DecodeError('truncated lz4 match');
      const distance = (block[p] as number) | ((block[p + 1] as number) << 8);
      p += 2;
      const size = extended(token & 15) + 4;
      if (distance === 0 || distance > this.#length - oldest) throw new DecodeError('lz4 match beyond the start');
      if (this.#length + size - start > maxBlockBytes) throw new DecodeError('lz4 block too large');
      this.#reserve(size);
      const out = this.#bytes;
      for (let i = 0, o = this.#length; i < size; i++, o++) out[o] = out[o - distance] as number;
      this.#length += size;
    }
  }
}

export const lz4Codec = { compress, decompress };
