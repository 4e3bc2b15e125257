/**
 * A broker whose machine is restored from a snapshot of its disk (../backups.ts): all that it has written since is gone, and what it had given up since
 * (deleted topics, truncated records, an older log start) is there again. Only brokers without a vote, as with replace-node.
 */
import { fault, onEach } from '../definition.ts';

export const restoreDisk = fault({
  kind: 'restore-disk',
  about: 'a broker dies and comes back with its disk as it was when the last snapshot was taken',
  targets: ['broker', 'in-sync-follower', 'leader'],
  minMs: 1_000,
  maxMs: 20_000,
  params: {
    everyMs: { about: 'time between snapshots, of which the last one is restored', min: 2_000, max: 30_000, default: 10_000 },
  },
  isRare: true,
  stake: 'beyond',
  facts: ['crashed', 'disk-restored', 'started'],
  prepare: (world, { everyMs }) => world.backups.takeEvery(everyMs),
  inject: ({ world, targets, params }) =>
    onEach(targets, (node) => {
      if (!world.backups.has(node, params.everyMs)) return null;
      world.process(node).kill();
      const ageMs = world.backups.restore(node, params.everyMs) ?? 0;
      world.tell(node, { type: 'disk-restored', ageMs });
      return world.keepDown(node);
    }),
});
