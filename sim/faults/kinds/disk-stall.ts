/** A disk that stands still. It goes on by itself when its time is over. */
import { fault, onEach } from '../definition.ts';

export const diskStall = fault({
  kind: 'disk-stall',
  about: 'syncs of a disk do not end for a while',
  targets: ['broker', 'controller', 'leader', 'active-controller'],
  minMs: 200,
  maxMs: 8_000,
  params: {},
  stake: 'session',
  facts: [],
  inject: ({ world, targets, forMs }) =>
    onEach(targets, (node) => {
      world.disk(node).stall(forMs * 1_000);
      return () => undefined;
    }),
});
