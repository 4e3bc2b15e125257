/** How long is waited for those who have far to go: whoever comes nearer to its end is not stuck. */
import { micros } from '../../ports/time.ts';

/** Who goes on has so many times the limit, and more the more there is to be read: that is the workload's affair, and how fast it goes the world's. */
const LIMITS_OF_WHO_ADVANCES = 4;

/** What a step may take that is made for a single record: a transaction in the slowest world. */
const RECORD_MS = 5_000;

export class Patience {
  /** In any case no longer than this is waited, milliseconds. */
  readonly longestMs: number;
  readonly #limitUs: number;
  readonly #furthest = new Map<string, number>();
  #advancedUs: number;

  /** `limitMs`: without a step forward; `nowUs`: when the wait begins; `records`: how many there are to be read at most. */
  constructor(limitMs: number, nowUs: number, records: number) {
    this.longestMs = LIMITS_OF_WHO_ADVANCES * limitMs + RECORD_MS * records;
    this.#limitUs = micros(limitMs);
    this.#advancedUs = nowUs;
  }

  /** `of` has come as far as `at`. */
  heard(of: string, at: number, nowUs: number): void {
    if (at <= (this.#furthest.get(of) ?? -1)) return;
    this.#furthest.set(of, at);
    this.#advancedUs = nowUs;
  }

  isOver(nowUs: number): boolean {
    return nowUs - this.#advancedUs >= this.#limitUs;
  }
}
