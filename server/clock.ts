/** The machine's clocks. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../core/environment.ts';

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => Math.floor(performance.now()),
};
