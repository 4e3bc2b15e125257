import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'of a transaction that is committed one partition is told that it is aborted',
  source: ['design: atomicity'],
  difficulty: 'easy',
  expects: ['T1', 'T2', 'T3'],
  scenario: 'bank',
  file: 'core/transaction/marker-channel.ts',
  find: '    transactionResult: commit,',
  replace: '    transactionResult: zoo.instead(commit, commit && partitions[0]?.partition !== 1),',
} satisfies Mutant;
