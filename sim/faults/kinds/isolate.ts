/** A node cut off from the others. */
import { cutFault } from '../cuts.ts';

export const isolate = cutFault({
  kind: 'isolate',
  about: 'a node is cut off from all other nodes; clients still reach it',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller', 'coordinator'],
  minMs: 1_000,
  maxMs: 25_000,
  params: { clientsToo: { about: '1: clients do not reach it either; 0: they do', min: 0, max: 1, default: 0 } },
  cuts: ({ world, targets, params }) => {
    const peers = world.others(targets);
    return [{ from: targets, to: params.clientsToo === 1 ? [...peers, ...world.clients] : peers }];
  },
});
