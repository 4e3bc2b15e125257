/** A set of offsets of one partition: bytes by offset, growing, with the end of its unbroken prefix. */
export class OffsetSet {
  #present = new Uint8Array(256);
  #prefixEnd: number;

  /** `start`: the prefix begins here. */
  constructor(start = 0) {
    this.#prefixEnd = start;
  }

  add(offset: number): void {
    if (offset >= this.#present.length) {
      const grown = new Uint8Array(Math.max(offset + 1, this.#present.length * 2));
      grown.set(this.#present);
      this.#present = grown;
    }
    this.#present[offset] = 1;
    while (this.#present[this.#prefixEnd] === 1) this.#prefixEnd++;
  }

  /** The prefix goes on at `offset` if it has not come so far: what is missing below is not missed. */
  skipTo(offset: number): void {
    if (offset <= this.#prefixEnd) return;
    this.#prefixEnd = offset;
    while (this.#present[this.#prefixEnd] === 1) this.#prefixEnd++;
  }

  has(offset: number): boolean {
    return this.#present[offset] === 1;
  }

  /** The first offset that is missing. */
  get prefixEnd(): number {
    return this.#prefixEnd;
  }
}
