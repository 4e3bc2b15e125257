/** A full disk. */
import { fault, onEach } from '../definition.ts';
import { armed } from '../troubled-disk.ts';

export const diskFull = fault({
  kind: 'disk-full',
  about: 'a disk has no space left, or hardly any; space comes back when the fault ends',
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 2_000,
  maxMs: 15_000,
  params: { leftBytes: { about: 'bytes that still fit', min: 0, max: 2_000, default: 0 } },
  stake: 'session',
  facts: ['crashed', 'started'],
  inject: ({ world, targets, params }) => onEach(targets, (node) => armed(world, node, world.disk(node).fill(params.leftBytes))),
});
