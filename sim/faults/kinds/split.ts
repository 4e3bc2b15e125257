/** Two groups. */
import { cutFault, masked } from '../cuts.ts';

export const split = cutFault({
  kind: 'split',
  about: 'the nodes fall into two groups that do not reach each other',
  targets: ['cluster'],
  minMs: 1_000,
  maxMs: 25_000,
  params: {
    mask: { about: 'which nodes are in the first group, as bits', min: 1, max: 254, default: 1 },
    clients: { about: 'which clients reach only the first group, as bits', min: 0, max: 255, default: 0 },
  },
  cuts: ({ world, params }) => {
    const left = masked(world.nodes, params.mask);
    const right = world.others(left);
    if (left.length === 0) return [];
    return [
      { from: left, to: right },
      { from: masked(world.clients, params.clients), to: right },
    ];
  },
});
