/** The plan that a seed stands for: half of the kinds of fault are in play, and a quarter of the rare paths. */
import { planOf } from '../run-scenario.ts';
import { type MakeExplorer, unlearning } from './explorer.ts';

export const random: MakeExplorer = (scenario) => unlearning((seed) => planOf(scenario, seed));
