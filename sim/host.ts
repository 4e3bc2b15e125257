/**
 * What the kernel needs of the platform it runs on. The simulation imports nothing of Node, so that it runs in a browser
 * too; the Node host is `campaign/host-node.ts`.
 */
export interface Host {
  /** Calls `step` after every promise job that is due has run, and those they cause, to the last. Called once per drain: must be cheap. */
  hop(step: () => void): void;
  /** Calls `step` after the platform had a chance to do input and output, fire its own timers and collect its messages. */
  yieldToHost(step: () => void): void;
  /** Real milliseconds from any start, for the watchdog alone: nothing a simulation does may depend on it. */
  nowMs(): number;
}
