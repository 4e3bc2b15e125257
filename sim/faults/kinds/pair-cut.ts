/** A cut between two. */
import { cutFault } from '../cuts.ts';

export const pairCut = cutFault({
  kind: 'pair-cut',
  about: 'two nodes do not reach each other; all others reach both',
  targets: ['broker', 'leader', 'in-sync-follower', 'controller', 'active-controller'],
  minMs: 1_000,
  maxMs: 25_000,
  params: { other: { about: 'which other node', min: 0, max: 97, default: 0 } },
  cuts: ({ world, targets, params }) => {
    const rest = world.others(targets);
    const other = rest[params.other % Math.max(1, rest.length)];
    return other === undefined ? [] : [{ from: targets, to: [other] }];
  },
});
