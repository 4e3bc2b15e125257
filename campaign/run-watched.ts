/** One run of a scenario in this thread, which ends also if the application under test never gives the thread back. */
import type { Scenario } from '../scenarios/scenario.ts';
import type { Plan } from '../sim/plan.ts';
import type { RunResult } from '../sim/result.ts';
import { newPulse } from '../sim/run.ts';
import { watchRun } from './companion.ts';
import { createNodeHost } from './host-node.ts';
import { type RunScenarioOptions, runScenario } from './run-scenario.ts';
import { processLabels, STALL_LIMIT_MS } from './stall.ts';

export type RunWatchedOptions = Omit<RunScenarioOptions, 'host' | 'pulse'>;

/** Runs a plan; what is stuck for `stallLimitMs` of real time (20 s by default) comes to the verdict `error`. */
export async function runWatched(scenario: Scenario, plan: Plan, options: RunWatchedOptions = {}): Promise<RunResult> {
  const { stallLimitMs = STALL_LIMIT_MS } = options;
  const pulse = newPulse(true);
  const host = createNodeHost();
  const what = `seed ${plan.seed} of ${plan.scenario}`;
  const stopWatching = await watchRun({ what, pulse, labels: processLabels(plan), limitMs: stallLimitMs }, (error) =>
    host.interrupt(error),
  );
  try {
    return await runScenario(scenario, plan, { ...options, stallLimitMs, host, pulse });
  } finally {
    stopWatching();
  }
}
