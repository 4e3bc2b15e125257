/**
 * Snappy as Kafka's clients send it: in the framing of snappy-java (Xerial: a magic, two versions, then blocks with int32
 * lengths), or a bare block without framing (librdkafka, some others). Encodes blocks of one literal each.
 *
 * The block decoder is our own: the format is small, and a literal of negative length sends snappyjs into an endless loop.
 */
import { DecodeError } from '../reader.ts';
import { BoundedOutput } from './output.ts';

const MAGIC = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0];
const HEADER_BYTES = 16;
const BLOCK_BYTES = 32 * 1024;

function compress(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEADER_BYTES + Math.ceil(bytes.length / BLOCK_BYTES) * 16 + bytes.length);
  out.set(MAGIC);
  out[11] = 1;
  out[15] = 1;
  let p = HEADER_BYTES;
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const part = bytes.subarray(start, start + BLOCK_BYTES);
    const block = p + 4;
    p = block;
    for (let rest = part.length; ; rest >>>= 7) {
      out[p++] = rest > 0x7f ? (rest & 0x7f) | 0x80 : rest;
      if (rest <= 0x7f) break;
    }
    // A literal whose length, less one, is in the two bytes after the tag.
    out[p++] = 61 << 2;
    out[p++] = part.length - 1;
    out[p++] = (part.length - 1) >>> 8;
    out.set(part, p);
    p += part.length;
    const size = p - block;
    out[block - 4] = size >>> 24;
    out[block - 3] = size >>> 16;
    out[block - 2] = size >>> 8;
    out[block - 1] = size;
  }
  return out.slice(0, p);
}

function decompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const output = new BoundedOutput(maxBytes);
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    output.push(decodeBlock(bytes, output.room));
    return output.finish();
  }
  let p = HEADER_BYTES;
  if (bytes.length < p) throw new DecodeError('truncated snappy header');
  while (p < bytes.length) {
    if (bytes.length - p < 4) throw new DecodeError('truncated snappy block length');
    const size =
      ((bytes[p] as number) << 24) |
      ((bytes[p + 1] as number) << 16) |
      ((bytes[p + 2] as number) << 8) |
      (bytes[p + 3] as number);
    p += 4;
    if (size < 0 || size > bytes.length - p) throw new DecodeError(`snappy block of ${size} bytes beyond the end`);
    output.push(decodeBlock(bytes.subarray(p, p + size), output.room));
    p += size;
  }
  return output.finish();
}

/** One raw snappy block. No element makes more than 64 bytes of 2, so a length beyond that ratio is a lie. */
function decodeBlock(bytes: Uint8Array, maxBytes: number): Uint8Array {
  let length = 0;
  let p = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[p++];
    if (byte === undefined || shift > 28) throw new DecodeError('bad snappy length');
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length > maxBytes || length > bytes.length * 64) throw new DecodeError(`snappy block that claims ${length} bytes`);
  const out = new Uint8Array(length);
  let o = 0;
  while (p < bytes.length) {
    const tag = bytes[p++] as number;
    const kind = tag & 3;
    const extra = kind === 0 ? Math.max(0, (tag >>> 2) - 59) : kind === 3 ? 4 : kind;
    if (p + extra > bytes.length) throw new DecodeError('truncated snappy element');
    let number = 0;
    for (let i = extra - 1; i >= 0; i--) number = number * 256 + (bytes[p + i] as number);
    p += extra;
    if (kind === 0) {
      const size = (extra === 0 ? tag >>> 2 : number) + 1;
      if (size > bytes.length - p || size > length - o) throw new DecodeError('snappy literal beyond the end');
      out.set(bytes.subarray(p, p + size), o);
      p += size;
      o += size;
    } else {
      const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
      const distance = kind === 1 ? number + ((tag >>> 5) << 8) : number;
      if (distance === 0 || distance > o || size > length - o) throw new DecodeError('snappy copy beyond the ends');
      for (let i = 0; i < size; i++, o++) out[o] = out[o - distance] as number;
    }
  }
  if (o !== length) throw new DecodeError(`snappy block of ${o} bytes claims ${length}`);
  return out;
}

export const snappyCodec = { compress, decompress };
