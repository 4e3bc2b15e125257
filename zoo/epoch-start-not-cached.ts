import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a new leader notes where its epoch begins only with its first append',
  source: ['KAFKA-7415'],
  difficulty: 'hard',
  expects: ['R11', 'R4', 'L5'],
  file: 'core/replication/partition.ts',
  find: '    this.log.assignEpochStart(leaderEpoch, epochStartOffset);',
  replace: '    zoo.differs(this.log.latestEpoch !== leaderEpoch);',
} satisfies Mutant;
