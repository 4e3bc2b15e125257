/** Zstandard (RFC 8878). Encodes frames of raw blocks; decodes with fzstd. */
import { Decompress, decompress as decompressInto } from 'fzstd';
import { DecodeError } from '../reader.ts';
import { BoundedOutput } from './output.ts';

const BLOCK_BYTES = 128 * 1024;
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/** Frame header: content size in 8 bytes, single segment (no window descriptor), no checksum. */
const DESCRIPTOR = 0xe0;
const HEADER_BYTES = 13;

function compress(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK_BYTES));
  const out = new Uint8Array(HEADER_BYTES + blocks * 3 + bytes.length);
  out.set(MAGIC);
  out[4] = DESCRIPTOR;
  for (let i = 0; i < 4; i++) out[5 + i] = bytes.length >>> (8 * i);
  let p = HEADER_BYTES;
  for (let block = 0; block < blocks; block++) {
    const part = bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
    const header = (part.length << 3) | (block === blocks - 1 ? 1 : 0);
    out[p] = header;
    out[p + 1] = header >>> 8;
    out[p + 2] = header >>> 16;
    out.set(part, p + 3);
    p += 3 + part.length;
  }
  return out;
}

interface Frame {
  /** Null: the header does not say. */
  readonly contentBytes: number | null;
  readonly windowBytes: number;
  readonly blocks: number;
  /** The most that the frame's blocks can stand for. */
  readonly mostBytes: number;
  readonly end: number;
}

function littleEndian(bytes: Uint8Array, p: number, size: number): number {
  if (p + size > bytes.length) throw new DecodeError('truncated zstd frame');
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[p + i] as number);
  return value;
}

/** Walks over a frame's headers, so that nothing is allocated that they do not justify. */
function scanFrame(bytes: Uint8Array, start: number): Frame {
  const descriptor = littleEndian(bytes, start + 4, 1);
  const singleSegment = (descriptor & 0x20) !== 0;
  if (descriptor & 0x0b) throw new DecodeError('zstd frame with a dictionary or reserved bits');
  let p = start + 5;
  let windowBytes = 0;
  if (!singleSegment) {
    const window = littleEndian(bytes, p++, 1);
    if (window >>> 3 > 17) throw new DecodeError('zstd window above 128 MiB');
    windowBytes = 2 ** (10 + (window >>> 3)) * (1 + (window & 7) / 8);
  }
  const sizeCode = descriptor >>> 6;
  const sizeBytes = sizeCode === 0 ? (singleSegment ? 1 : 0) : 1 << sizeCode;
  const contentBytes = sizeBytes === 0 ? null : littleEndian(bytes, p, sizeBytes) + (sizeCode === 1 ? 256 : 0);
  if (singleSegment) windowBytes = contentBytes as number;
  p += sizeBytes;
  let mostBytes = 0;
  for (let blocks = 1; ; blocks++) {
    const header = littleEndian(bytes, p, 3);
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    p += 3 + (type === 1 ? 1 : size);
    if (type === 3 || p > bytes.length || size > BLOCK_BYTES) throw new DecodeError('bad zstd block');
    mostBytes += type === 2 ? BLOCK_BYTES : size;
    if (header & 1) return { contentBytes, windowBytes, blocks, mostBytes, end: p + (descriptor & 4) };
  }
}

/** fzstd moves the whole window for each block of a frame without content size: a bound for this, about a second. */
const MAX_BYTES_MOVED = 2 ** 33;

function decodeFrame(bytes: Uint8Array, frame: Frame, output: BoundedOutput): void {
  const { contentBytes, windowBytes } = frame;
  if (contentBytes === 0) return;
  if (contentBytes !== null) {
    if (contentBytes > output.room || contentBytes > frame.mostBytes)
      throw new DecodeError(`zstd frame that claims ${contentBytes} bytes`);
    output.push(decompressInto(bytes, new Uint8Array(contentBytes)));
    return;
  }
  if (windowBytes * frame.blocks > MAX_BYTES_MOVED) throw new DecodeError('zstd frame with a large window and many blocks');
  new Decompress((chunk) => output.push(chunk)).push(bytes, true);
}

function decompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const output = new BoundedOutput(maxBytes);
  for (let p = 0; p < bytes.length; ) {
    const magic = littleEndian(bytes, p, 4);
    if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
      p += 8 + littleEndian(bytes, p + 4, 4);
      if (p > bytes.length) throw new DecodeError('truncated zstd frame');
      continue;
    }
    if (magic !== 0xfd2fb528) throw new DecodeError('not zstd');
    const frame = scanFrame(bytes, p);
    if (frame.end > bytes.length) throw new DecodeError('truncated zstd frame');
    try {
      decodeFrame(bytes.subarray(p, frame.end), frame, output);
    } catch (error) {
      throw error instanceof DecodeError ? error : new DecodeError(`bad zstd data: ${String(error)}`);
    }
    p = frame.end;
  }
  return output.finish();
}

export const zstdCodec = { compress, decompress };
