import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a partition comes into a transaction that is being decided',
  source: ['KIP-98'],
  difficulty: 'medium',
  expects: ['T4', 'X1', 'T2'],
  scenario: 'transaction-timeout',
  file: 'core/transaction/partition-additions.ts',
  find: '    const error = pendingState !== null ? ErrorCode.CONCURRENT_TRANSACTIONS : producerError(metadata, request);',
  replace: `    zoo.differs(pendingState !== null);
    if (pendingState !== null) metadata.abandonTransition();
    const error = producerError(metadata, request);`,
} satisfies Mutant;
