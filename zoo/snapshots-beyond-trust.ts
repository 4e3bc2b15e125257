import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'producer snapshots are trusted that are newer than what the log is known to hold',
  source: ['KAFKA-5829', 'KAFKA-12520'],
  difficulty: 'medium',
  expects: ['I5', 'I2'],
  scenario: 'power-loss',
  file: 'core/log/producer-recovery.ts',
  find: '  const newest = lesser(options.trustedSnapshotOffset, upTo);',
  replace: '  const newest = zoo.instead(lesser(options.trustedSnapshotOffset, upTo), upTo);',
} satisfies Mutant;
