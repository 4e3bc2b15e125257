/** Runs of a plan that share their past up to a moment and differ from then on: how many of them come to a failure. */
import { fingerprint } from '../fingerprint.ts';
import { type Driven, plainJob } from '../job.ts';
import type { WorkerPool } from '../pool.ts';
import { STALL_LIMIT_MS } from '../stall.ts';
import type { Plan } from '../../sim/plan.ts';
import { isNearlyAlways, type Share } from './decided.ts';

interface ContinuationOptions {
  readonly scenario: string;
  /** What decides until the runs part. */
  readonly driven: Driven;
  /** Fingerprint of the failure. */
  readonly failure: string;
  /** Simulated time of the failure in the run that is explained. */
  readonly failedAtMs: number;
  /** How many are tried from a moment. */
  readonly count: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRun?: (() => void) | undefined;
}

/** A failure may come later in another future, but it is not waited for for ever. */
const PATIENCE = 1.5;
const PATIENCE_MS = 10_000;

export class Continuations {
  readonly #pool: WorkerPool;
  readonly #options: ContinuationOptions;

  constructor(pool: WorkerPool, options: ContinuationOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  /** All of them. */
  async share(plan: Plan, atUs: number): Promise<Share> {
    const { count } = this.#options;
    const results = await Promise.all(Array.from({ length: count }, (_, index) => this.#fails(plan, atUs, index)));
    return { failed: results.filter(Boolean).length, of: count };
  }

  /** Only as many as it takes to know that it does not follow nearly always. */
  async shareUntilClear(plan: Plan, atUs: number): Promise<Share> {
    const { count } = this.#options;
    let failed = 0;
    for (let index = 0; index < count; index++) {
      if (await this.#fails(plan, atUs, index)) failed++;
      const done = index + 1;
      if (!isNearlyAlways({ failed: failed + count - done, of: count })) return { failed, of: done };
    }
    return { failed, of: count };
  }

  async #fails(plan: Plan, atUs: number, index: number): Promise<boolean> {
    const { scenario, driven, failure, failedAtMs, signal, onRun } = this.#options;
    signal?.throwIfAborted();
    const answer = await this.#pool.submit({
      ...plainJob(scenario, plan.seed, STALL_LIMIT_MS),
      plan,
      attempt: {
        failure,
        stopAfterMs: failedAtMs * PATIENCE + PATIENCE_MS,
        driven,
        divert: { atUs, name: `continuation-${index}` },
        record: false,
      },
    });
    onRun?.();
    return answer.outcome.violations.some((violation) => fingerprint(violation) === failure);
  }
}
