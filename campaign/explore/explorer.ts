/**
 * What a campaign runs next. An explorer makes plans for the seeds of a scenario; what it makes depends on the scenario, the first seed and
 * what its earlier generations came to, never on how many workers there are or who is first to answer.
 */
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Plan } from '../../sim/plan.ts';
import type { SeedOutcome } from '../outcome.ts';

/** A run that an explorer may learn from. */
export interface ExploredRun {
  readonly plan: Plan;
  readonly outcome: Pick<SeedOutcome, 'seed' | 'verdict' | 'marks' | 'states'>;
}

export interface Explorer {
  /** So many plans it gives out before it learns what came of them; Infinity: it learns nothing. */
  readonly generation: number;
  /** The plan of a seed's run, whose `seed` it is. Within a generation the order of asking makes no difference. */
  planOf(seed: number): Plan;
  /** What a whole generation came to, in the order of its seeds. */
  learn(runs: readonly ExploredRun[]): void;
}

/** Makes the explorer of a scenario whose campaign begins with this seed. */
export type MakeExplorer = (scenario: Scenario, first: number) => Explorer;

/** Of those who make plans from seeds alone. */
export function unlearning(planOf: (seed: number) => Plan): Explorer {
  return { generation: Number.POSITIVE_INFINITY, planOf, learn: () => undefined };
}
