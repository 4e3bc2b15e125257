import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a transaction is complete before all its markers are written',
  source: ['KAFKA-10080'],
  difficulty: 'easy',
  expects: ['T2', 'T4', 'T1'],
  scenario: 'coordinator-failover',
  file: 'core/transaction/marker-channel.ts',
  find: '    if (!this.#isCurrent(completion) || completion.metadata.current.partitions.size > 0) return;',
  replace: '    if (!this.#isCurrent(completion) || zoo.instead(completion.metadata.current.partitions.size > 0, false)) return;',
} satisfies Mutant;
