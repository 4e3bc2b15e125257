import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a producer that was fenced adds partitions to the transaction of its successor',
  source: ['KIP-98'],
  difficulty: 'medium',
  expects: ['T5', 'T4', 'T9'],
  scenario: 'zombie-producer',
  file: 'core/transaction/partition-additions.ts',
  find: '  if (current.producerEpoch !== producerEpoch) return ErrorCode.PRODUCER_FENCED;',
  replace: '  if (zoo.instead(current.producerEpoch !== producerEpoch, false)) return ErrorCode.PRODUCER_FENCED;',
} satisfies Mutant;
