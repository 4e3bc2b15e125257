/**
 * A disk that reports syncs as done and has written nothing of them (a drive's volatile cache that ignores flushes). Nothing is seen of it until the
 * machine loses power: then those bytes of the log are zeros, and the log ends before them when it is recovered.
 */
import { fault, onEach } from '../definition.ts';
import { mayLie } from '../troubled-disk.ts';

export const lostWrite = fault({
  kind: 'lost-write',
  about: 'syncs of logs report success and write nothing: a later power loss takes what they should have written',
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 2_000,
  maxMs: 20_000,
  params: { syncs: { about: 'how many', min: 1, max: 20, default: 1 } },
  stake: 'storage',
  facts: ['sync-lied'],
  inject: ({ world, targets, params }) =>
    onEach(targets, (node) => (mayLie(world, node) ? world.disk(node).loseWrites('/', params.syncs, '.log') : null)),
});
