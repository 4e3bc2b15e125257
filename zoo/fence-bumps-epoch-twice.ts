import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'fencing a producer raises its epoch twice, once for the fence and once for the abort',
  source: ['KAFKA-19367'],
  difficulty: 'medium',
  expects: ['T4', 'X1'],
  scenario: 'zombie-producer',
  file: 'core/transaction/transaction-ending.ts',
  find: `        if (isFencing) metadata.abandonTransition();
        return this.#endWithBump`,
  replace: `        zoo.differs(isFencing);
        if (isFencing) {
          metadata.abandonTransition();
          metadata.fence(producerEpoch);
        }
        return this.#endWithBump`,
  masked: 'the epoch after next is as new as the next one; only where the epochs of a producer id are used up is there none',
} satisfies Mutant;
