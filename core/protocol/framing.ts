/** Frames on a byte stream: a 4-byte big-endian length, then that many bytes. */
import { DecodeError } from './reader.ts';

/** Cuts a byte stream, in chunks of any size, into frames. */
export class FrameReader {
  private maxFrameBytes: number;
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Sets another limit, for the frames that are not whole yet. */
  limit(maxFrameBytes: number): void {
    this.maxFrameBytes = maxFrameBytes;
  }

  /**
   * Takes the next chunk and calls `onFrame` with the payload of each frame that is now whole. A payload within one chunk is
   * a view of it, not a copy. DecodeError on a negative length or one above the limit; the stream is then useless.
   */
  push(chunk: Uint8Array, onFrame: (payload: Uint8Array) => void): void {
    let bytes = chunk;
    if (this.pendingBytes > 0) {
      this.pending.push(chunk);
      this.pendingBytes += chunk.length;
      if (this.pendingBytes < this.neededBytes()) return;
      bytes = this.joinPending();
    }
    let position = 0;
    while (bytes.length - position >= 4) {
      const end = position + 4 + this.frameLength(bytes, position);
      if (end > bytes.length) break;
      onFrame(bytes.subarray(position + 4, end));
      position = end;
    }
    if (position < bytes.length) {
      this.pending.push(position === 0 ? bytes : bytes.subarray(position));
      this.pendingBytes = bytes.length - position;
    }
  }

  private frameLength(bytes: Uint8Array, p: number): number {
    const length =
      ((bytes[p] as number) << 24) |
      ((bytes[p + 1] as number) << 16) |
      ((bytes[p + 2] as number) << 8) |
      (bytes[p + 3] as number);
    if (length < 0 || length > this.maxFrameBytes) throw new DecodeError(`frame of ${length} bytes, limit ${this.maxFrameBytes}`);
    return length;
  }

  /** Bytes that must be pending before another frame can be whole. */
  private neededBytes(): number {
    const first = this.pending[0] as Uint8Array;
    if (first.length >= 4) return 4 + this.frameLength(first, 0);
    return 4;
  }

  private joinPending(): Uint8Array {
    const joined = new Uint8Array(this.pendingBytes);
    let position = 0;
    for (const part of this.pending) {
      joined.set(part, position);
      position += part.length;
    }
    this.pending = [];
    this.pendingBytes = 0;
    return joined;
  }
}
