/** A process stands still. */
import { fault, onEach } from '../definition.ts';

export const pause = fault({
  kind: 'pause',
  about: 'a process stops (a long collection) and goes on later; its timers fire late and all at once',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller', 'coordinator', 'client'],
  minMs: 500,
  maxMs: 15_000,
  params: {},
  stake: 'process',
  facts: ['paused', 'resumed'],
  inject: ({ world, targets }) =>
    onEach(targets, (name) => {
      const process = world.process(name);
      const { incarnation } = process;
      if (incarnation === null || process.paused) return null;
      process.pause();
      return () => {
        // Its next life may stand still for another reason.
        if (process.incarnation === incarnation) process.resume();
      };
    }),
});
