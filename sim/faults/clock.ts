/** Faults of clocks. */
import { type FaultDefinition, onEach } from './definition.ts';

export const clockJump = {
  kind: 'clock-jump',
  about: 'a wall clock jumps forward or back',
  targets: ['broker', 'controller', 'leader', 'active-controller', 'client'],
  minMs: 0,
  maxMs: 0,
  params: { byMs: { about: 'milliseconds, centred on the middle of the range', min: -600_000, max: 600_000 } },
  inject(context, fault, targets) {
    targets.forEach((node) => context.jumpWallClock(node, fault.params['byMs'] ?? 0));
    return null;
  },
} as const satisfies FaultDefinition;

export const clockDrift = {
  kind: 'clock-drift',
  about: 'a clock runs too fast or too slow, within what hardware does',
  targets: ['broker', 'controller', 'leader', 'active-controller', 'client'],
  minMs: 5_000,
  maxMs: 60_000,
  params: { ppm: { about: 'parts per million', min: -500, max: 500 } },
  inject(context, fault, targets) {
    return onEach(targets, (node) => context.driftClock(node, fault.params['ppm'] ?? 0));
  },
} as const satisfies FaultDefinition;
