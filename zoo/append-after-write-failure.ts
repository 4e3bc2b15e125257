import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an append that failed on the disk is answered by an error, and the log goes on',
  source: ['KAFKA-10778', 'KAFKA-7866'],
  difficulty: 'medium',
  expects: ['S4', 'S1', 'X1'],
  scenario: 'disk-failure',
  file: 'core/log/storage-guard.ts',
  find: `    if (!(error instanceof DiskError)) throw error;
    this.fail(error);
    return`,
  replace: `    if (!(error instanceof DiskError)) throw error;
    zoo.differs();
    return`,
} satisfies Mutant;
