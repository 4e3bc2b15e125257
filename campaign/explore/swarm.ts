/**
 * Swarm testing (Groce et al., ISSTA 2012): what is left out of a run leaves room for the rest. Each seed draws how many kinds of fault and
 * how many rare paths are in play, from a few to many, and which; all else of its plan is as it would be.
 */
import { RARE_PATHS } from '../../core/rare-paths.ts';
import type { RandomStream } from '../../ports/random.ts';
import { Chance } from '../../world/chance.ts';
import { planOf } from '../run-scenario.ts';
import { type MakeExplorer, unlearning } from './explorer.ts';

/** How many kinds of fault are in play, each as likely. */
const KINDS = [1, 2, 3, 5, 8, 13, 21] as const;
/** Which share of the rare paths, in eighths. */
const EIGHTHS = [0, 1, 2, 4, 8] as const;

export const swarm: MakeExplorer = (scenario) => {
  const { faults } = scenario.spec;
  return unlearning((seed) => {
    const stream = new Chance(seed).stream('explore/swarm');
    const kinds = someOf(faults.kinds, stream.pick(KINDS, 'kinds'), stream);
    const eighths = stream.pick(EIGHTHS, 'rare paths');
    const plan = planOf({ ...scenario, spec: { ...scenario.spec, faults: { ...faults, kinds, swarm: false } } }, seed);
    const rarePaths = Object.keys(RARE_PATHS).filter(() => stream.below(8, 'rare path') < eighths);
    return { ...plan, rarePaths };
  });
};

/** So many of them, as drawn, in their own order. */
function someOf<T>(items: readonly T[], count: number, stream: RandomStream): readonly T[] {
  const left = items.map((_, index) => index);
  while (left.length > count) left.splice(stream.below(left.length, 'out'), 1);
  return left.map((index) => items[index] as T);
}
