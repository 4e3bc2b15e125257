/** Shrinks a failing seed or bundle with real runs, in a worker thread, so that a candidate that hangs costs only itself. */
import type { Bundle } from './bundle.ts';
import { STALL_LIMIT_MS } from './stall.ts';
import { checkPlan } from './check-plan.ts';
import { fingerprint } from './fingerprint.ts';
import { plainJob } from './job.ts';
import { loadScenario } from './load-scenario.ts';
import { WorkerPool } from './pool.ts';
import type { Regression } from './regression.ts';
import { type ShrinkOptions, shrinkPlan } from './shrink.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Violation } from '../sim/observe.ts';
import { type Plan, PlanError } from '../sim/plan.ts';
import { UsageError } from './usage.ts';

export interface ShrunkFailure extends Regression {
  readonly runs: number;
}

export async function shrinkFailure(
  bundle: Bundle,
  options: Omit<ShrinkOptions, 'stillFails'> & { readonly property?: string; readonly stallLimitMs?: number } = {},
): Promise<ShrunkFailure> {
  const scenario = await loadScenario(bundle.scenario);
  const pool = new WorkerPool({ workers: 1 });
  const violations = async (plan: Plan): Promise<readonly Violation[]> => {
    const job = { ...plainJob(bundle.scenario, plan.seed, options.stallLimitMs ?? STALL_LIMIT_MS), plan };
    return (await pool.submit(job)).outcome.violations;
  };
  try {
    const first = await violations(bundle.plan);
    const wanted = first.find(({ property }) => options.property === undefined || property === options.property);
    if (wanted === undefined) {
      const which = options.property === undefined ? 'no property' : `not the property ${options.property}`;
      throw new UsageError(`seed ${bundle.plan.seed} of ${bundle.scenario} violates ${which}: there is nothing to shrink`);
    }
    // A smaller plan that violates the property in another way is of another failure.
    const kind = fingerprint(wanted);
    let { message } = wanted;
    const { plan, runs } = await shrinkPlan(bundle.plan, {
      ...options,
      stillFails: async (candidate) => {
        if (!isUsable(candidate, scenario)) return false;
        const found = (await violations(candidate)).find((violation) => fingerprint(violation) === kind);
        if (found !== undefined) message = found.message;
        return found !== undefined;
      },
    });
    return { plan, property: wanted.property, note: message.split('\n')[0] ?? '', runs };
  } finally {
    await pool.close();
  }
}

/** What comes out of it must be a plan that "trial run --plan" takes. */
function isUsable(plan: Plan, scenario: Scenario): boolean {
  try {
    checkPlan(plan, scenario);
    return true;
  } catch (error) {
    if (error instanceof PlanError || error instanceof UsageError) return false;
    throw error;
  }
}
