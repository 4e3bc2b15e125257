import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a transaction that takes too long is aborted, and its producer is not fenced',
  source: ['KAFKA-6119'],
  difficulty: 'medium',
  expects: ['T5', 'T1', 'T9'],
  scenario: 'transaction-timeout',
  file: 'core/transaction/transaction-metadata.ts',
  find: `    return this.#prepare('PrepareEpochFence', { producerEpoch: isKept ? producerEpoch : producerEpoch + 1 });`,
  replace: `    return this.#prepare('PrepareEpochFence', { producerEpoch: zoo.instead(isKept ? producerEpoch : producerEpoch + 1, producerEpoch) });`,
} satisfies Mutant;
