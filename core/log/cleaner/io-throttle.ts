/** Keeps the reads and writes of all cleaners together at a rate, on average (Kafka's Throttler): after a while of too many they pause. */
import type { Millis } from '../../../ports/time.ts';

const CHECK_INTERVAL_MS = 300;

export class IoThrottle {
  #periodStartMs: Millis;
  #bytes = 0;

  constructor(nowMs: Millis) {
    this.#periodStartMs = nowMs;
  }

  /** So many bytes were read or written: how long to wait before the next, ms. */
  note(bytes: number, maxBytesPerSecond: number, nowMs: Millis): number {
    this.#bytes += bytes;
    const elapsedMs = nowMs - this.#periodStartMs;
    if (elapsedMs <= CHECK_INTERVAL_MS || this.#bytes === 0) return 0;
    const waitMs = Math.max(0, Math.round(this.#bytes / (maxBytesPerSecond / 1000) - elapsedMs));
    this.#bytes = 0;
    this.#periodStartMs = nowMs + waitMs;
    return waitMs;
  }
}
