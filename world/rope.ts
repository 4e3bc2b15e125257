/**
 * The content of a file: appended chunks by reference. Appends of up to 128 bytes are copied together into blocks, so that
 * an index file of small entries stays small in memory; blocks grow with the file, for most files are a few entries long.
 * A range inside one chunk is read without a copy.
 */
const SMALL = 128;
const FIRST_BLOCK = 256;
const BLOCK = 4096;

export class Rope {
  #chunks: Uint8Array[] = [];
  #starts: number[] = [];
  #size = 0;
  /** Bytes used of the last chunk, if that is a block of ours with room; else -1. */
  #blockUsed = -1;

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    const length = bytes.length;
    if (length === 0) return;
    if (length <= SMALL) {
      let block = this.#chunks.at(-1);
      if (block === undefined || this.#blockUsed < 0 || this.#blockUsed + length > block.length) {
        block = new Uint8Array(Math.min(BLOCK, Math.max(FIRST_BLOCK, this.#size)));
        this.#chunks.push(block);
        this.#starts.push(this.#size);
        this.#blockUsed = 0;
      }
      block.set(bytes, this.#blockUsed);
      this.#blockUsed += length;
    } else {
      this.#chunks.push(bytes);
      this.#starts.push(this.#size);
      this.#blockUsed = -1;
    }
    this.#size += length;
  }

  /** Bytes [from, from + length), cut at the end. */
  read(from: number, length: number): Uint8Array {
    const to = Math.min(this.#size, from + length);
    if (from >= to) return new Uint8Array(0);
    let index = this.#chunkAt(from);
    const chunk = this.#chunks[index] as Uint8Array;
    const start = this.#starts[index] as number;
    if (to <= this.#end(index)) {
      return from === start && to - from === chunk.length ? chunk : chunk.subarray(from - start, to - start);
    }
    const joined = new Uint8Array(to - from);
    for (let at = from; at < to; index++) {
      const chunkStart = this.#starts[index] as number;
      const end = Math.min(to, this.#end(index));
      joined.set((this.#chunks[index] as Uint8Array).subarray(at - chunkStart, end - chunkStart), at - from);
      at = end;
    }
    return joined;
  }

  /** All of it, by reference, in pieces. */
  *chunks(): Generator<Uint8Array> {
    for (let index = 0; index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index] as Uint8Array;
      yield chunk.subarray(0, this.#end(index) - (this.#starts[index] as number));
    }
  }

  truncate(size: number): void {
    if (size >= this.#size) return;
    // Readers may hold what is cut off: the block is never written to again.
    this.#blockUsed = -1;
    if (size === 0) {
      this.#chunks = [];
      this.#starts = [];
    } else {
      const last = this.#chunkAt(size - 1);
      this.#chunks.length = last + 1;
      this.#starts.length = last + 1;
      const start = this.#starts[last] as number;
      this.#chunks[last] = (this.#chunks[last] as Uint8Array).subarray(0, size - start);
    }
    this.#size = size;
  }

  /** Replaces bytes in place, on a copy of the chunks concerned: readers keep what they have read. */
  overwrite(from: number, to: number, change: (bytes: Uint8Array) => void): void {
    const end = Math.min(to, this.#size);
    for (let at = from; at < end; ) {
      const index = this.#chunkAt(at);
      const start = this.#starts[index] as number;
      const stop = Math.min(end, this.#end(index));
      const copy = (this.#chunks[index] as Uint8Array).slice();
      change(copy.subarray(at - start, stop - start));
      this.#chunks[index] = copy;
      at = stop;
    }
  }

  #end(index: number): number {
    return this.#starts[index + 1] ?? this.#size;
  }

  #chunkAt(position: number): number {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
