/**
 * What the kernel needs of the platform it runs on. The simulation imports nothing of Node, so that it runs in a browser
 * too; the Node host is `campaign/host-node.ts`.
 */
import type { Millis } from '../ports/time.ts';

export interface Host {
  /** Calls `step` after every promise job that is due has run, and those they cause, to the last. Called once per drain: must be cheap. */
  hop(step: () => void): void;
  /** Calls `step` after the platform had a chance to do input and output, fire its own timers and collect its messages. */
  yieldToHost(step: () => void): void;
  /** Real milliseconds from any start, for the watchdog alone: nothing a simulation does may depend on it. */
  nowMs(): Millis;
  /**
   * Runs code of the run, so that whatever comes of it later is known to be this run's: of an application's process, or (null)
   * of the simulation itself.
   */
  within<T>(owner: EscapeOwner | null, run: () => T): T;
  /** The first call by which simulated code began to wait for the platform itself (its files, network, timers); null: none. */
  readonly reachedOut: Escape | null;
  /**
   * Errors that nobody has taken care of until now, each told once: rejections without a handler, exceptions in callbacks. Complete
   * after a turn of the platform.
   */
  escapes(): readonly Escape[];
  /** The run is over: from here on its errors are nobody's. */
  close(): void;
}

/** A life of a process. */
export interface EscapeOwner {
  readonly process: { readonly name: string };
  readonly number: number;
  readonly alive: boolean;
  /** It hears itself of errors that nobody has taken care of, and does with them what it must. Absent: they end the run. */
  takes?(error: unknown): void;
}

/** What got out of the run that it happened in. */
export interface Escape {
  readonly owner: EscapeOwner | null;
  readonly error: unknown;
}
