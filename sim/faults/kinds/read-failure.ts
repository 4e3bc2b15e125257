/** A read that fails. */
import { fault, onEach } from '../definition.ts';
import { armed } from '../troubled-disk.ts';

export const readFailure = fault({
  kind: 'read-failure',
  about: 'a read fails once with EIO',
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 3_000,
  maxMs: 20_000,
  params: {},
  stake: 'process',
  facts: ['crashed', 'started'],
  inject: ({ world, targets }) =>
    onEach(targets, (node) => (world.isUp(node) ? armed(world, node, world.disk(node).failReads('/', 1)) : null)),
});
