/** Gzip (RFC 1952). Encodes stored deflate blocks; decodes with fflate, member by member. */
import { Inflate, inflateSync } from 'fflate';
import { crcOf, makeTables } from '../crc32c.ts';
import { DecodeError } from '../reader.ts';
import { BoundedOutput } from './output.ts';

const CRC_TABLES = makeTables(0xedb88320);
const STORED_BLOCK_BYTES = 0xffff;
const HEADER = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

function crc32(bytes: Uint8Array): number {
  return crcOf(CRC_TABLES, bytes, 0, bytes.length);
}

function putLittleEndian32(out: Uint8Array, p: number, value: number): void {
  out[p] = value;
  out[p + 1] = value >>> 8;
  out[p + 2] = value >>> 16;
  out[p + 3] = value >>> 24;
}

function compress(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / STORED_BLOCK_BYTES));
  const out = new Uint8Array(HEADER.length + blocks * 5 + bytes.length + 8);
  out.set(HEADER);
  let p = HEADER.length;
  for (let block = 0; block < blocks; block++) {
    const part = bytes.subarray(block * STORED_BLOCK_BYTES, (block + 1) * STORED_BLOCK_BYTES);
    out[p] = block === blocks - 1 ? 1 : 0;
    out[p + 1] = part.length;
    out[p + 2] = part.length >>> 8;
    out[p + 3] = ~part.length;
    out[p + 4] = ~part.length >>> 8;
    out.set(part, p + 5);
    p += 5 + part.length;
  }
  putLittleEndian32(out, p, crc32(bytes));
  putLittleEndian32(out, p + 4, bytes.length);
  return out;
}

/** Where the deflate data begins, after a gzip header with its optional parts. */
function skipHeader(bytes: Uint8Array): number {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) throw new DecodeError('not gzip');
  const flags = bytes[3] as number;
  let p = 10;
  if (flags & 4) p += 2 + ((bytes[p] as number) | ((bytes[p + 1] as number) << 8));
  for (let text = (flags & 8 ? 1 : 0) + (flags & 16 ? 1 : 0); text > 0; text--) {
    while (p < bytes.length && bytes[p] !== 0) p++;
    p++;
  }
  if (flags & 2) p += 2;
  if (p > bytes.length - 8) throw new DecodeError('truncated gzip header');
  return p;
}

const INPUT_STEP_BYTES = 4096;

function decompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const deflated = bytes.subarray(skipHeader(bytes), bytes.length - 8);
  const plain = inflate(deflated, maxBytes);
  const expected = new Uint8Array(8);
  putLittleEndian32(expected, 0, crc32(plain));
  putLittleEndian32(expected, 4, plain.length);
  if (expected.some((byte, i) => byte !== bytes[bytes.length - 8 + i])) throw new DecodeError('bad gzip checksum');
  return plain;
}

function inflate(deflated: Uint8Array, maxBytes: number): Uint8Array {
  const output = new BoundedOutput(maxBytes);
  try {
    // A step's worth takes no tables and windows of a stream; what it can become at most are 4 MiB.
    if (deflated.length <= INPUT_STEP_BYTES) output.push(inflateSync(deflated));
    else inflateInSteps(deflated, output);
  } catch (error) {
    throw error instanceof DecodeError ? error : new DecodeError(`bad deflate data: ${String(error)}`);
  }
  return output.finish();
}

function inflateInSteps(deflated: Uint8Array, output: BoundedOutput): void {
  let finished = false;
  const stream = new Inflate((chunk, final) => {
    output.push(chunk);
    finished ||= final;
  });
  // In small steps, so that a bomb is noticed before it has gone off.
  for (let p = 0; p < deflated.length; p += INPUT_STEP_BYTES)
    stream.push(deflated.subarray(p, p + INPUT_STEP_BYTES), p + INPUT_STEP_BYTES >= deflated.length);
  if (!finished) throw new DecodeError('deflate data without an end');
}

export const gzipCodec = { compress, decompress };
