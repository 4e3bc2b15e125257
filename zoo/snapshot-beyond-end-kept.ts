import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'producer snapshots beyond the end of the log are kept and used',
  source: ['KAFKA-5829'],
  difficulty: 'medium',
  expects: ['I5', 'X1', 'S11'],
  scenario: 'power-loss',
  file: 'core/log/producer-recovery.ts',
  find: '  const newest = lesser(options.trustedSnapshotOffset, upTo);',
  replace: '  const newest = zoo.instead(lesser(options.trustedSnapshotOffset, upTo), Offset(Number.MAX_SAFE_INTEGER));',
} satisfies Mutant;
