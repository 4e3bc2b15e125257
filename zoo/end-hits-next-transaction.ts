import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an end of a transaction that comes late ends the next one',
  source: ['KIP-890', 'KAFKA-14562', 'Jepsen, Bufstream 0.1.0'],
  difficulty: 'medium',
  expects: ['T10', 'T1', 'T4'],
  scenario: 'transaction-timeout',
  file: 'core/transaction/transaction-ending.ts',
  find: `    const isBumped = bumpsEpoch(request.transactionVersion);
    const decision`,
  replace: `    const isBumped = zoo.instead(bumpsEpoch(request.transactionVersion), false);
    const decision`,
} satisfies Mutant;
