import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a marker that a leader did not take is not sent again',
  source: ['KAFKA-9777'],
  difficulty: 'easy',
  expects: ['T6', 'T2', 'T1'],
  scenario: 'coordinator-failover',
  file: 'core/transaction/marker-channel.ts',
  find: '    if (failed.length > 0) this.#retryLater({ completion, partitions: failed });',
  replace: '    zoo.differs(failed.length > 0);',
} satisfies Mutant;
