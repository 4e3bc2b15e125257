import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the replicas of a log directory that failed keep leading and stay in sync',
  source: ['KIP-858'],
  difficulty: 'easy',
  expects: ['L3', 'L9', 'L4', 'X1'],
  scenario: 'disk-failure',
  file: 'core/controller/partition-updates.ts',
  find: `  updatePartitions(changes, config, { concerns: isLost, leaving: broker.id });
`,
  replace: `  zoo.differs();
  if (lost.length < 0) updatePartitions(changes, config, { concerns: isLost, leaving: broker.id });
`,
} satisfies Mutant;
