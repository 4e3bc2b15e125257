/** When a run counts as stuck, and what is said of one. */
import { OUTSIDE_OF_RUN, PULSE_BEATS, PULSE_OWNER } from '../world/kernel.ts';
import type { Plan } from '../sim/plan.ts';
import { processesOf } from '../sim/run.ts';

/** Real milliseconds that a run may go without progress, unless told otherwise. */
export const STALL_LIMIT_MS = 20_000;

/** Another thread waits so much longer: the run itself may notice first, and knows more. */
export const STALL_GRACE_MS = 1_000;

/** Looks at a run's pulse now and then, from any thread. */
export class StallClock {
  readonly #pulse: Int32Array;
  readonly #limitMs: number;
  #beats: number;
  #sinceMs = performance.now();

  constructor(pulse: Int32Array, limitMs: number) {
    this.#pulse = pulse;
    this.#limitMs = limitMs;
    this.#beats = Atomics.load(pulse, PULSE_BEATS);
  }

  /** The limit has passed without a beat. */
  get isStuck(): boolean {
    const beats = Atomics.load(this.#pulse, PULSE_BEATS);
    if (beats !== this.#beats) {
      this.#beats = beats;
      this.#sinceMs = performance.now();
    }
    return performance.now() - this.#sinceMs > this.#limitMs;
  }
}

/** False: it is not the run whose code the thread is running, or was when it got stuck. */
export function isInsideRun(pulse: Int32Array): boolean {
  return Atomics.load(pulse, PULSE_OWNER) !== OUTSIDE_OF_RUN;
}

/** How often to look, so that a limit is kept to a fraction of it. */
export function lookEveryMs(limitMs: number): number {
  return Math.max(10, Math.min(1_000, Math.floor(limitMs / 10)));
}

/** What the processes of a plan are called in a message, by their ids: an application's with its function. */
export function processLabels(plan: Plan): readonly string[] {
  const workloads = new Map(plan.clients.map(({ name, workload }) => [name, workload]));
  return processesOf(plan).map((name) => {
    const workload = workloads.get(name);
    return workload === undefined ? name : `application ${name} (workload "${workload}")`;
  });
}

/** `labels` is null if the run has not begun. */
export function stallMessage(pulse: Int32Array, labels: readonly string[] | null, limitMs: number): string {
  const label = labels?.[Atomics.load(pulse, PULSE_OWNER) - 1];
  const where = labels === null ? ' while the scenario was loaded' : label === undefined ? '' : ` in the code of ${label}`;
  return `watchdog: no progress in ${limitMs} ms of real time${where}: an endless loop? (The limit is --stall-limit, or stallLimitMs.)`;
}
