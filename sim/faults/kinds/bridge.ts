/** Two halves, and one who is in both. */
import { cutFault, masked } from '../cuts.ts';

export const bridge = cutFault({
  kind: 'bridge',
  about: 'two halves that do not reach each other, with one node that reaches both',
  targets: ['broker', 'controller', 'active-controller', 'leader'],
  minMs: 1_000,
  maxMs: 20_000,
  params: { mask: { about: 'which of the other nodes are in the first half, as bits', min: 1, max: 254, default: 1 } },
  cuts: ({ world, targets, params }) => {
    const rest = world.others(targets);
    const left = masked(rest, params.mask);
    return [{ from: left, to: rest.filter((node) => !left.includes(node)) }];
  },
});
