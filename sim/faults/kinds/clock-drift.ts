/** A clock that runs at another rate than it did, on top of the drift that the plan gives it. */
import { fault, onEach } from '../definition.ts';

export const clockDrift = fault({
  kind: 'clock-drift',
  about: 'a clock runs too fast or too slow, within what hardware does',
  targets: ['broker', 'controller', 'leader', 'active-controller', 'client'],
  minMs: 5_000,
  maxMs: 60_000,
  params: { ppm: { about: 'parts per million', min: -500, max: 500, default: 0 } },
  stake: 'nothing',
  facts: [],
  inject: ({ world, targets, params }) => onEach(targets, (name) => world.process(name).clock.drift(params.ppm)),
});
