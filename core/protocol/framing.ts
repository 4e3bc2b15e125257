/** Frames on a byte stream: a 4-byte big-endian length, then that many bytes. */
import { DecodeError } from './reader.ts';

/** What a frame that is not yet whole takes at first; it grows as bytes come, whatever length its head claims. */
const FIRST_ROOM_BYTES = 1024;
const GROWTH = 8;

/** Cuts a byte stream, in chunks of any size, into frames. Holds at most `GROWTH` times what has come of a frame that is not whole. */
export class FrameReader {
  #maxFrameBytes: number;
  /** The beginning of a frame that is not whole: its first `pendingBytes` bytes. */
  #pending: Uint8Array = NOTHING;
  #pendingBytes = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Sets another limit, for the frames that are not whole yet. */
  limit(maxFrameBytes: number): void {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /**
   * Takes the next chunk and calls `onFrame` with the payload of each frame that is now whole. A payload within one chunk is
   * a view of it, not a copy. DecodeError on a negative length or one above the limit; the stream is then useless.
   */
  push(chunk: Uint8Array, onFrame: (payload: Uint8Array) => void): void {
    let position = 0;
    while (this.#pendingBytes > 0) {
      const needed = this.#pendingBytes < 4 ? 4 : 4 + this.#frameLength(this.#pending, 0);
      const taken = Math.min(needed - this.#pendingBytes, chunk.length - position);
      this.#keep(chunk, position, position + taken, needed);
      position += taken;
      if (this.#pendingBytes < needed) return;
      if (needed > 4 || this.#frameLength(this.#pending, 0) === 0) {
        const payload = this.#pending.subarray(4, needed);
        this.#pending = NOTHING;
        this.#pendingBytes = 0;
        onFrame(payload);
      }
    }
    while (chunk.length - position >= 4) {
      const end = position + 4 + this.#frameLength(chunk, position);
      if (end > chunk.length) break;
      onFrame(chunk.subarray(position + 4, end));
      position = end;
    }
    if (position < chunk.length) this.#keep(chunk, position, chunk.length, chunk.length - position);
  }

  #frameLength(bytes: Uint8Array, p: number): number {
    const length =
      ((bytes[p] as number) << 24) |
      ((bytes[p + 1] as number) << 16) |
      ((bytes[p + 2] as number) << 8) |
      (bytes[p + 3] as number);
    if (length < 0 || length > this.#maxFrameBytes)
      throw new DecodeError(`frame of ${length} bytes, limit ${this.#maxFrameBytes}`);
    return length;
  }

  /** Copies a part of a chunk behind what is pending, in room that grows up to `needed`. */
  #keep(chunk: Uint8Array, start: number, end: number, needed: number): void {
    const size = this.#pendingBytes + end - start;
    if (size > this.#pending.length) {
      const room = new Uint8Array(Math.max(size, Math.min(needed, Math.max(FIRST_ROOM_BYTES, GROWTH * this.#pending.length))));
      room.set(this.#pending.subarray(0, this.#pendingBytes));
      this.#pending = room;
    }
    this.#pending.set(chunk.subarray(start, end), this.#pendingBytes);
    this.#pendingBytes = size;
  }
}

const NOTHING = new Uint8Array(0);
