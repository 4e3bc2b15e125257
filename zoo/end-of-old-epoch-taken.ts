import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the end of a transaction is taken from a producer that was fenced',
  source: ['KIP-98', 'KIP-890'],
  difficulty: 'medium',
  expects: ['T5', 'T10', 'T4'],
  scenario: 'zombie-producer',
  file: 'core/transaction/transaction-ending.ts',
  find: '    if (!isValid) return { error: ErrorCode.PRODUCER_FENCED };',
  replace: '    if (zoo.instead(!isValid, false)) return { error: ErrorCode.PRODUCER_FENCED };',
} satisfies Mutant;
