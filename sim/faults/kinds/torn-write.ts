/**
 * As lost-write, but for some sectors that are written. A power loss leaves zeros in the midst of batches: below the recovery point, where nobody looks
 * at a CRC when a log is loaded, they stay until somebody reads them, as with bit-rot.
 */
import { fault, onEach } from '../definition.ts';
import { mayLie } from '../troubled-disk.ts';

export const tornWrite = fault({
  kind: 'torn-write',
  about: 'syncs of logs report success and leave out some sectors: after a later power loss those hold zeros',
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 2_000,
  maxMs: 20_000,
  params: { syncs: { about: 'how many', min: 1, max: 20, default: 1 } },
  stake: 'beyond',
  facts: ['sync-lied', 'disk-corrupted'],
  inject: ({ world, targets, params }) =>
    onEach(targets, (node) => (mayLie(world, node) ? world.disk(node).tearWrites('/', params.syncs, '.log') : null)),
});
