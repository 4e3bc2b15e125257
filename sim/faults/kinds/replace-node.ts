/**
 * A broker whose machine is replaced. With a static quorum a voter that forgets its votes breaks the promises of Raft, not Kafka's: only brokers
 * without a vote are replaced.
 */
import { fault, onEach } from '../definition.ts';

export const replaceNode = fault({
  kind: 'replace-node',
  about: 'a broker dies and comes back with an empty disk and the same id',
  targets: ['broker', 'in-sync-follower', 'leader'],
  minMs: 10_000,
  maxMs: 25_000,
  params: {},
  stake: 'storage',
  facts: ['crashed', 'disk-wiped', 'started'],
  inject: ({ world, targets }) =>
    onEach(targets, (node) => {
      if (world.node(node) === undefined || world.isVoter(node)) return null;
      world.process(node).kill();
      world.disk(node).wipe();
      world.tell(node, { type: 'disk-wiped', directory: null });
      return world.keepDown(node);
    }),
});
