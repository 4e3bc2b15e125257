/**
 * A process dies and is up again before its session is over, as under a supervisor: others go on with it as with the one that it was, and all that it
 * knows of a vote, an epoch or a group is what it wrote down.
 */
import { fault, onEach } from '../definition.ts';

export const promptRestart = fault({
  kind: 'prompt-restart',
  about: 'a process dies and is up again within a moment, before anybody has missed it',
  targets: ['broker', 'controller', 'leader', 'active-controller', 'coordinator'],
  minMs: 0,
  maxMs: 400,
  params: {},
  window: {
    moments: [
      { event: 'quorum-voted', nthAtMost: 6 },
      { event: 'quorum-leader-elected', nthAtMost: 3 },
      { event: 'became-leader', nthAtMost: 10 },
      { event: 'became-follower', nthAtMost: 10 },
      { event: 'log-truncated', nthAtMost: 3 },
      { event: 'checkpoint-written', nthAtMost: 10 },
    ],
    oneIn: 2,
  },
  stake: 'process',
  facts: ['crashed', 'started'],
  inject: ({ world, targets }) => onEach(targets, (node) => world.crash(node)),
});
