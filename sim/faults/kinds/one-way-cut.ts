/** A cut in one direction. */
import { cutFault } from '../cuts.ts';

export const oneWayCut = cutFault({
  kind: 'one-way-cut',
  about: 'what a node sends does not arrive, or nothing arrives at it, while the other direction works',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller'],
  minMs: 1_000,
  maxMs: 25_000,
  params: { inward: { about: '1: nothing arrives at the node; 0: nothing it sends arrives', min: 0, max: 1, default: 0 } },
  cuts: ({ world, targets, params }) => {
    const peers = world.others(targets);
    return [params.inward === 1 ? { from: peers, to: targets, oneWay: true } : { from: targets, to: peers, oneWay: true }];
  },
});
