import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'batches of clients that add partitions themselves are appended without asking the coordinator',
  source: ['KIP-890', 'KAFKA-14402', 'KAFKA-14561'],
  difficulty: 'medium',
  expects: ['T9', 'T6', 'L12'],
  scenario: 'hanging-transaction',
  file: 'core/replication/verified-appends.ts',
  find: "    if (verifier === null || (!isAdded && !config['transaction.partition.verification.enable'])) {",
  replace: `    const isUnverified = !isAdded && !config['transaction.partition.verification.enable'];
    if (verifier === null || zoo.instead(isUnverified, !isAdded)) {`,
  and: [
    {
      // The log would refuse what comes without the guard of a verification.
      file: 'core/log/producer-state.ts',
      find: '    return guard !== undefined && guard === claim.verificationGuard;',
      replace: '    return zoo.instead(guard !== undefined && guard === claim.verificationGuard, true);',
    },
  ],
} satisfies Mutant;
