/** Decompressed bytes, collected up to a limit. */
import { DecodeError } from '../reader.ts';

export class BoundedOutput {
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What may still be pushed. */
  get room(): number {
    return this.#maxBytes - this.#length;
  }

  /** Takes a chunk by reference; DecodeError if the limit is passed. */
  push(chunk: Uint8Array): void {
    if (chunk.length > this.room) throw new DecodeError(`decompresses to more than ${this.#maxBytes} bytes`);
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  finish(): Uint8Array {
    if (this.#chunks.length === 1) return this.#chunks[0] as Uint8Array;
    const all = new Uint8Array(this.#length);
    let p = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, p);
      p += chunk.length;
    }
    return all;
  }
}
