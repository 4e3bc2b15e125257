/** One run of a scenario on any host: plan in, RunResult out. Nothing here needs Node, so that it runs in a browser too. */
import { guaranteesOf } from '../properties/guarantees.ts';
import { ALL_PROPERTIES } from '../properties/registry.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { PropertyDefinition } from '../sim/observe.ts';
import type { Plan } from '../sim/plan.ts';
import type { RunResult } from '../sim/result.ts';
import { RUN_PROPERTIES, runPlan, type SimulationOptions } from '../sim/run.ts';

export type PlayOptions = Omit<SimulationOptions, 'workloads' | 'properties' | 'guarantees'>;

/** Runs a plan with the scenario's workloads and properties. */
export async function playScenario(scenario: Scenario, plan: Plan, options: PlayOptions): Promise<RunResult> {
  const result = await runPlan(plan, {
    ...options,
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
