import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'who led last is not remembered when a partition loses its leader',
  source: ['KIP-966'],
  difficulty: 'medium',
  expects: ['C19', 'L3'],
  file: 'core/controller/partition-change.ts',
  find: `  if (record.leader === NO_LEADER && lastKnownElr.length === 0) record.lastKnownElr = [leader];
  else if`,
  replace: `  zoo.differs(record.leader === NO_LEADER && lastKnownElr.length === 0);
  if`,
} satisfies Mutant;
