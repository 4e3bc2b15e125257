/** One run of a scenario in this thread: seed or plan in, RunResult out. */
import type { Scenario } from '../scenarios/scenario.ts';
import { FAULTS } from '../sim/faults/registry.ts';
import { planOfSeed } from '../sim/generate.ts';
import type { Host } from '../world/host.ts';
import { type Plan, PlanError } from '../sim/plan.ts';
import type { RunResult } from '../sim/result.ts';
import { checkPlan } from './check-plan.ts';
import { createNodeHost } from './host-node.ts';
import { type PlayOptions, playScenario } from './play-scenario.ts';
import { UsageError } from './usage.ts';

export type RunScenarioOptions = Omit<PlayOptions, 'host'> & {
  readonly host?: Host;
};

/** The plan that a seed stands for in a scenario. Throws UsageError if what was drawn does not go together. */
export function planOf(scenario: Scenario, seed: number): Plan {
  const plan = planOfSeed(scenario.spec, FAULTS, seed);
  try {
    checkPlan(plan, scenario);
  } catch (error) {
    if (!(error instanceof PlanError) && !(error instanceof UsageError)) throw error;
    throw new UsageError(`seed ${seed} of scenario ${scenario.name}: ${error.message}`);
  }
  return plan;
}

/** Runs a plan with the scenario's workloads and properties. */
export function runScenario(scenario: Scenario, plan: Plan, options: RunScenarioOptions = {}): Promise<RunResult> {
  return playScenario(scenario, plan, { ...options, host: options.host ?? createNodeHost() });
}
