/** One run in this thread, for the library. */
import type { Scenario } from '../scenarios/scenario.ts';
import { type Plan, parsePlan } from '../sim/plan.ts';
import type { RunResult } from '../sim/result.ts';
import { checkPlan } from './check-plan.ts';
import { loadScenario } from './load-scenario.ts';
import { prepared } from './prepare.ts';
import { planOf } from './run-scenario.ts';
import { type RunWatchedOptions, runWatched } from './run-watched.ts';

/** A plan of a shipped scenario, a plan of a scenario of yours, or a seed of one. Scenarios by name, path or value. */
export type SimulateInput =
  | Plan
  | { readonly scenario: Scenario | string; readonly seed: number }
  | { readonly scenario: Scenario | string; readonly plan: Plan };

export type SimulateOptions = Pick<RunWatchedOptions, 'onTrace' | 'onProgress' | 'stallLimitMs'>;

/** Runs it. Throws PlanError or UsageError if the plan can't be used; what goes wrong in the run is in the result. */
export async function simulate(input: SimulateInput, options: SimulateOptions = {}): Promise<RunResult> {
  const scenario = typeof input.scenario === 'string' ? await loadScenario(input.scenario) : await prepared(input.scenario);
  if (!('cluster' in input) && !('plan' in input)) return await runWatched(scenario, planOf(scenario, input.seed), options);
  const plan = parsePlan('plan' in input ? input.plan : input);
  checkPlan(plan, scenario);
  return await runWatched(scenario, plan, options);
}
