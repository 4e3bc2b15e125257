/** The producer's memory (buffer.memory): who finds too little waits, first come first served. */
import { invariant } from '../../../ports/invariant.ts';

interface Waiter {
  readonly bytes: () => number;
  readonly granted: () => void;
}

export class BufferPool {
  readonly totalBytes: number;
  #freeBytes: number;
  #waiters: Waiter[] = [];

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
    this.#freeBytes = totalBytes;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  get hasWaiters(): boolean {
    return this.#waiters.length > 0;
  }

  /** Takes memory if there is enough and nobody waits. */
  tryTake(bytes: number): boolean {
    if (this.#freeBytes < bytes) return false;
    invariant(bytes > 0, () => `buffer pool: ${bytes} bytes are taken`);
    this.#freeBytes -= bytes;
    return true;
  }

  /** `granted` is called when `bytes()` are free; it takes them itself. Returns the way to give up. */
  wait(bytes: () => number, granted: () => void): () => void {
    const waiter = { bytes, granted };
    this.#waiters.push(waiter);
    return () => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      this.#serve();
    };
  }

  release(bytes: number): void {
    this.#freeBytes += bytes;
    invariant(this.#freeBytes <= this.totalBytes, () => `buffer pool: ${this.#freeBytes} of ${this.totalBytes} bytes free`);
    this.#serve();
  }

  #serve(): void {
    for (;;) {
      const first = this.#waiters[0];
      if (first === undefined || first.bytes() > this.#freeBytes) return;
      this.#waiters.shift();
      first.granted();
    }
  }
}
