import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator serves producers of any epoch',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['T5', 'T4', 'T9'],
  scenario: 'zombie-producer',
  file: 'core/transaction/partition-additions.ts',
  find: '  if (current.producerEpoch !== producerEpoch) return ErrorCode.PRODUCER_FENCED;',
  replace: '  if (zoo.instead(current.producerEpoch !== producerEpoch, false)) return ErrorCode.PRODUCER_FENCED;',
  and: [
    {
      file: 'core/transaction/transaction-ending.ts',
      find: '    if ((isFromClient && producerEpoch !== current.producerEpoch) || producerEpoch < current.producerEpoch) {',
      replace:
        '    if (zoo.instead((isFromClient && producerEpoch !== current.producerEpoch) || producerEpoch < current.producerEpoch, false)) {',
    },
    {
      file: 'core/transaction/transaction-ending.ts',
      find: '    if (!isValid) return { error: ErrorCode.PRODUCER_FENCED };',
      replace: '    if (zoo.instead(!isValid, false)) return { error: ErrorCode.PRODUCER_FENCED };',
    },
  ],
} satisfies Mutant;
