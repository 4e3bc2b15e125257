/** Time, as a process sees it. */
import type { Open } from './brand.ts';

/** Milliseconds: a time, or how long. Microseconds are none. */
export type Millis = Open<'Millis'>;

/** Microseconds: a time, or how long. Milliseconds are none. */
export type Micros = Open<'Micros'>;

/** So many milliseconds. */
export function micros(ms: Millis): Micros {
  return ms * 1_000;
}

/** Whole milliseconds, the rest left out. */
export function millis(us: Micros): Millis {
  return Math.floor(us / 1_000);
}

/** Milliseconds, integers. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May be skewed and may jump, forward and back. For timestamps, and for what is kept by date. */
  wallMs(): Millis;
  /** Monotonic clock, milliseconds since an arbitrary start. May drift, never goes back. For every timeout and interval. */
  monotonicMs(): Millis;
}

/** A callback that is still to come. */
export interface Timer {
  /** After cancel the callback is never called. Cancelling a fired or cancelled timer does nothing. */
  cancel(): void;
}

/** Callbacks in time. */
export interface Timers {
  /** Calls `callback` once, `delayMs` (integer ≥ 0) of monotonic time from now, in an event of its own. */
  after(delayMs: Millis, callback: () => void): Timer;
}
