import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a partition that comes into an open transaction later gets no marker',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['T2', 'T1', 'T9'],
  scenario: 'bank',
  file: 'core/transaction/transaction-metadata.ts',
  find: '      partitions: new Map([...partitions, ...added]),',
  replace:
    '      partitions: zoo.instead(added.size, partitions.size === 0 ? added.size : 0) > 0 ? new Map([...partitions, ...added]) : partitions,',
} satisfies Mutant;
