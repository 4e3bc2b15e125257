/** One run of a scenario in this thread: seed or plan in, RunResult out. */
import { guaranteesOf } from '../properties/guarantees.ts';
import { ALL_PROPERTIES } from '../properties/registry.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { FAULTS } from '../sim/faults/registry.ts';
import { planOfSeed } from '../sim/generate.ts';
import type { Host } from '../world/host.ts';
import type { PropertyDefinition } from '../sim/observe.ts';
import { type Plan, PlanError } from '../sim/plan.ts';
import type { RunResult } from '../sim/result.ts';
import { RUN_PROPERTIES, runPlan, type SimulationOptions } from '../sim/run.ts';
import { checkPlan } from './check-plan.ts';
import { createNodeHost } from './host-node.ts';
import { UsageError } from './usage.ts';

export type RunScenarioOptions = Omit<SimulationOptions, 'host' | 'workloads' | 'properties' | 'guarantees'> & {
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
export async function runScenario(scenario: Scenario, plan: Plan, options: RunScenarioOptions = {}): Promise<RunResult> {
  const result = await runPlan(plan, {
    ...options,
    host: options.host ?? createNodeHost(),
    workloads: scenario.workloads,
    properties: definitionsOf(scenario),
    guarantees: guaranteesOf,
  });
  return scenario.properties === null ? result : onlyChosen(result, scenario);
}

/** The families of properties that a scenario checks. */
function definitionsOf(scenario: Scenario): readonly PropertyDefinition[] {
  const chosen = scenario.properties === null ? null : new Set(scenario.properties);
  const shipped =
    chosen === null
      ? ALL_PROPERTIES
      : ALL_PROPERTIES.filter((definition) => definition.properties.some((property) => chosen.has(property.id)));
  return [...shipped, ...scenario.checks];
}

/** A family may report properties that the scenario did not choose: they do not count. */
function onlyChosen(result: RunResult, scenario: Scenario): RunResult {
  const chosen = new Set([
    ...(scenario.properties ?? []),
    ...RUN_PROPERTIES.map((property) => property.id),
    ...scenario.checks.flatMap((definition) => definition.properties.map((property) => property.id)),
  ]);
  const violations = result.violations.filter((violation) => chosen.has(violation.property));
  const verdict = result.verdict === 'fail' && violations.length === 0 ? 'pass' : result.verdict;
  return { ...result, violations, verdict };
}
