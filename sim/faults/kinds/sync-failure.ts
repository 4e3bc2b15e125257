/**
 * A sync that fails. Kafka gives up the log directory for it; the node is started again when the fault ends.
 */
import { fault, onEach } from '../definition.ts';
import { armed, mayLie } from '../troubled-disk.ts';

export const syncFailure = fault({
  kind: 'sync-failure',
  about: 'a sync fails once with EIO; what was dirty in that file is never written, and a retry reports success',
  targets: ['broker', 'leader', 'in-sync-follower', 'controller'],
  minMs: 3_000,
  maxMs: 20_000,
  params: {},
  stake: 'storage',
  facts: ['sync-lied', 'crashed', 'started'],
  inject: ({ world, targets }) =>
    onEach(targets, (node) => (mayLie(world, node) ? armed(world, node, world.disk(node).failSyncs('/', 1)) : null)),
});
