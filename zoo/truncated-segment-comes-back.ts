import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'what was removed by a truncation is not gone for good before the directory is synced by chance',
  source: ['KAFKA-12964'],
  difficulty: 'hard',
  expects: ['S12', 'S1'],
  scenario: 'power-loss',
  file: 'core/log/log-truncation.ts',
  find: `    segments.syncDirectory();
    // Kafka`,
  replace: `    zoo.differs();
    // Kafka`,
} satisfies Mutant;
