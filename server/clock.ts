/** The machine's clocks. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports/time.ts';

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => Math.floor(performance.now()),
};
