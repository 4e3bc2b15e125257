/** A process dies, and is started again. */
import { fault, onEach } from '../definition.ts';

export const crash = fault({
  kind: 'crash',
  about: 'a process dies and is started again later; its page cache survives',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller', 'coordinator'],
  minMs: 0,
  maxMs: 20_000,
  params: {},
  stake: 'process',
  facts: ['crashed', 'started'],
  inject: ({ world, targets }) => onEach(targets, (node) => world.crash(node)),
});
