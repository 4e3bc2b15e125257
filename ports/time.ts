/** Time, as a process sees it. */

/** Milliseconds, integers. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May be skewed and may jump, forward and back. For timestamps, and for what is kept by date. */
  wallMs(): number;
  /** Monotonic clock, milliseconds since an arbitrary start. May drift, never goes back. For every timeout and interval. */
  monotonicMs(): number;
}

/** A callback that is still to come. */
export interface Timer {
  /** After cancel the callback is never called. Cancelling a fired or cancelled timer does nothing. */
  cancel(): void;
}

/** Callbacks in time. */
export interface Timers {
  /** Calls `callback` once, `delayMs` (integer ≥ 0) of monotonic time from now, in an event of its own. */
  after(delayMs: number, callback: () => void): Timer;
}
