import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a refused ISR change is given up though an earlier request with it may still arrive',
  source: ['KIP-497', 'KIP-841'],
  difficulty: 'hard',
  expects: ['R16', 'R7'],
  file: 'core/replication/alter-partition-manager.ts',
  find: 'return this.#unanswered.has(item) && !item.isVoid();',
  replace: 'return zoo.instead(this.#unanswered.has(item) && !item.isVoid(), false);',
} satisfies Mutant;
