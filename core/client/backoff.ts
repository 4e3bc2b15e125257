/**
 * Exponential back-off with jitter (KIP-580): initial * 2^attempts, capped, then up to 20 % less or more.
 */
import type { RandomStream } from '../../ports/random.ts';

export class Backoff {
  readonly #random: RandomStream;
  readonly #initialMs: number;
  readonly #maxMs: number;

  constructor(random: RandomStream, initialMs: number, maxMs: number) {
    this.#random = random;
    this.#initialMs = initialMs;
    this.#maxMs = Math.max(initialMs, maxMs);
  }

  /** Milliseconds to wait before attempt `failures + 1`. */
  delayMs(failures: number): number {
    if (this.#initialMs === 0) return 0;
    const base = Math.min(this.#maxMs, this.#initialMs * 2 ** Math.min(Math.max(0, failures - 1), 30));
    const jitter = Math.floor(base / 5);
    return Math.min(this.#maxMs, base - jitter + this.#random.below(2 * jitter + 1, 'client retry back-off'));
  }
}
