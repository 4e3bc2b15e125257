/** A ring of nodes. */
import { cutFault } from '../cuts.ts';

export const ring = cutFault({
  kind: 'ring',
  about: 'every node reaches only its two neighbours in a ring',
  targets: ['cluster'],
  minMs: 1_000,
  maxMs: 15_000,
  params: {},
  cuts: ({ world: { nodes } }) =>
    nodes.map((node, index) => ({
      from: [node],
      to: nodes.filter((_, other) => other > index + 1 && other - index < nodes.length - 1),
    })),
});
