/**
 * A node that knows what is committed later than others. Kafka hands it to the metadata loader and the controller through event queues of their own,
 * which may lag behind the log.
 */
import { fault, onEach } from '../definition.ts';

export const slowMetadata = fault({
  kind: 'slow-metadata',
  about: 'a node applies its metadata log late, many changes at once, while it goes on replicating and serving',
  targets: ['broker', 'leader', 'in-sync-follower', 'coordinator', 'controller'],
  minMs: 3_000,
  maxMs: 25_000,
  params: { lateMs: { about: 'how late', min: 50, max: 5_000, default: 1_000 } },
  isRare: true,
  stake: 'session',
  facts: [],
  // An active controller answers when it has applied: whose heartbeats wait for it may be everybody.
  endangers: ({ world, targets }) => (targets.some((node) => world.isVoter(node)) ? world.nodes : targets),
  inject: ({ world, targets, params }) => onEach(targets, (node) => world.process(node).delay('metadata/apply', params.lateMs)),
});
