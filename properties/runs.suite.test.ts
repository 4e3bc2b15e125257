/** Whole runs, short ones: whatever fast-check makes of a scenario must pass. A failure prints the plan that fails. */
import test from 'ava';
import fc from 'fast-check';
import { createNodeHost } from '../campaign/host-node.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import { FAULTS } from '../sim/faults/registry.ts';
import { planArbitrary } from '../sim/generate.ts';
import type { Plan } from '../sim/plan.ts';
import type { RunResult } from '../sim/result.ts';
import { runPlan } from '../sim/run.ts';
import { guaranteesOf } from './guarantees.ts';
import { ALL_PROPERTIES } from './registry.ts';

const RUNS = 4;
const STALL_LIMIT_MS = 60_000;

function sentenceOf(result: RunResult): string {
  const what =
    result.error ?? result.violations.map(({ property, atMs, message }) => `${property} at ${atMs} ms: ${message}`).join('\n');
  return `seed ${result.seed} of ${result.scenario} came to "${result.verdict}": ${what}`;
}

async function everyPlanPasses(name: string, chaosMs: number): Promise<void> {
  const scenario = SCENARIOS.get(name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const plans: fc.Arbitrary<Plan> = planArbitrary({ ...scenario.spec, chaosMs }, FAULTS);
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const result = await runPlan(plan, {
        host: createNodeHost(),
        workloads: scenario.workloads,
        properties: [...ALL_PROPERTIES, ...scenario.checks],
        guarantees: guaranteesOf,
        stallLimitMs: STALL_LIMIT_MS,
      });
      if (result.verdict !== 'pass') throw new Error(sentenceOf(result));
    }),
    // The plans are the same in every run of the suite; campaigns look for new ones.
    { numRuns: RUNS, seed: 20_241_001, endOnFailure: true },
  );
}

test.serial('calm: nothing fails', async (t) => {
  await t.notThrowsAsync(everyPlanPasses('calm', 3_000));
});

test.serial('leader-failover: every promise is kept', async (t) => {
  await t.notThrowsAsync(everyPlanPasses('leader-failover', 6_000));
});

for (const name of ['transaction-ring', 'bank', 'eos-pipeline', 'zombie-producer']) {
  test.serial(`${name}: every promise is kept, and its own checks hold`, async (t) => {
    await t.notThrowsAsync(everyPlanPasses(name, 6_000));
  });
}

test.serial('rebalance-storm: every promise is kept', async (t) => {
  await t.notThrowsAsync(everyPlanPasses('rebalance-storm', 6_000));
});
