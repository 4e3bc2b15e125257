/**
 * How often a request was refused in one way. The first refusal is told at once; while the same goes on, one every ten seconds
 * with the number so far: a loop neither stays unseen nor fills the trace.
 */
import type { Clock } from '../ports/time.ts';

const TOLD_EVERY_MS = 10_000;
/** More are not kept: what was refused longest ago is told anew if it comes back. */
const REMEMBERED = 1_000;

interface Series {
  times: number;
  toldAtMs: number;
  lastAtMs: number;
}

export class Refusals {
  readonly #clock: Clock;
  readonly #series = new Map<string, Series>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One more refusal of this kind. Returns how many there have been in a row if it is to be told, 0 if not. */
  count(kind: string): number {
    const nowMs = this.#clock.monotonicMs();
    const series = this.#series.get(kind);
    if (series === undefined || nowMs - series.lastAtMs >= TOLD_EVERY_MS) {
      this.#begin(kind, nowMs);
      return 1;
    }
    series.times += 1;
    series.lastAtMs = nowMs;
    if (nowMs - series.toldAtMs < TOLD_EVERY_MS) return 0;
    series.toldAtMs = nowMs;
    return series.times;
  }

  #begin(kind: string, nowMs: number): void {
    this.#series.delete(kind);
    this.#series.set(kind, { times: 1, toldAtMs: nowMs, lastAtMs: nowMs });
    if (this.#series.size > REMEMBERED) this.#series.delete(this.#series.keys().next().value as string);
  }
}
