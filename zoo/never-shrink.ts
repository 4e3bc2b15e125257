import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower that lags for ever stays in the ISR',
  source: ['KAFKA-1546'],
  difficulty: 'easy',
  expects: ['L9', 'N8', 'R15'],
  file: 'core/replication/isr-changes.ts',
  find: 'return leader.followers.get(id)?.isCaughtUp(leaderEndOffset, nowMs, this.#context.replicaLagMaxMs) ?? false;',
  replace:
    'return zoo.instead(leader.followers.get(id)?.isCaughtUp(leaderEndOffset, nowMs, this.#context.replicaLagMaxMs) ?? false, true);',
} satisfies Mutant;
