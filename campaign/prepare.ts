/** What the workloads of a scenario need before they can run, once in each thread. */
import { BundleError } from '../apps/bundle.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { UsageError } from './usage.ts';

/** Returns the scenario, ready to run. Throws UsageError if one of its applications can't be bundled. */
export async function prepared(scenario: Scenario): Promise<Scenario> {
  try {
    for (const workload of scenario.workloads.values()) await workload.prepare?.();
  } catch (error) {
    if (error instanceof BundleError) throw new UsageError(`scenario ${scenario.name}: ${error.message}`);
    throw error;
  }
  return scenario;
}
