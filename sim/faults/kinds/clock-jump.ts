/** A wall clock that is set. */
import { DONE, fault, onEach } from '../definition.ts';

export const clockJump = fault({
  kind: 'clock-jump',
  about: 'a wall clock jumps forward or back',
  targets: ['broker', 'controller', 'leader', 'active-controller', 'client'],
  minMs: 0,
  maxMs: 0,
  params: { byMs: { about: 'milliseconds, forward or back', min: -600_000, max: 600_000, default: 0 } },
  stake: 'nothing',
  facts: [],
  inject: ({ world, targets, params }) =>
    onEach(targets, (name) => {
      world.process(name).clock.jumpWall(params.byMs);
      return DONE;
    }),
});
