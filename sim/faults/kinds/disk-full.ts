/** A full disk. */
import { fault, onEach } from '../definition.ts';
import { armed } from '../troubled-disk.ts';

export const diskFull = fault({
  kind: 'disk-full',
  about: 'a disk has no space left; space comes back when the fault ends',
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 2_000,
  maxMs: 15_000,
  params: {},
  stake: 'session',
  facts: ['crashed', 'started'],
  inject: ({ world, targets }) => onEach(targets, (node) => armed(world, node, world.disk(node).fill())),
});
