import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower leaves the ISR as soon as it is behind, without replica.lag.time.max.ms',
  source: ['KIP-16'],
  difficulty: 'easy',
  expects: ['R23', 'L4'],
  file: 'core/replication/follower-state.ts',
  find: 'return this.logEndOffset === leaderEndOffset || nowMs - this.#lastCaughtUpTimeMs <= maxLagMs;',
  replace: 'return this.logEndOffset === leaderEndOffset || zoo.instead(nowMs - this.#lastCaughtUpTimeMs <= maxLagMs, false);',
} satisfies Mutant;
