/**
 * Random priorities with a few change points (PCT: Burckhardt et al., ASPLOS 2010; sim/run/priorities.ts). So that priorities decide who is
 * late, the network of these worlds is quick and even.
 */
import { Chance } from '../../world/chance.ts';
import { planOf } from '../run-scenario.ts';
import { type MakeExplorer, unlearning } from './explorer.ts';

/** The depth of the bugs that are looked for: how many times order must be just so. */
const CHANGES = [0, 1, 2, 3, 5] as const;
/** In the worst case a message takes 100 ms, so that nobody loses a session by priority alone. */
const STRETCHES = [10, 100, 1_000] as const;
const LATENCY_US = 100;

export const pct: MakeExplorer = (scenario) =>
  unlearning((seed) => {
    const stream = new Chance(seed).stream('explore/pct');
    const plan = planOf(scenario, seed);
    return {
      ...plan,
      world: { ...plan.world, latencyUs: LATENCY_US, jitterUs: 0 },
      priorities: { changes: stream.pick(CHANGES, 'changes'), stretch: stream.pick(STRETCHES, 'stretch') },
    };
  });
