import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower cuts its log by the answer to a question of an earlier epoch',
  source: ['KAFKA-7786', 'KAFKA-13207'],
  difficulty: 'hard',
  expects: ['R9', 'R19'],
  file: 'core/replication/replica-fetcher.ts',
  find: 'if (this.#closed || !isCurrent || !isSameEpoch) return;',
  replace: 'if (this.#closed || zoo.instead(!isCurrent || !isSameEpoch, false)) return;',
} satisfies Mutant;
