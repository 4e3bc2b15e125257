import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a replica whose log directory is offline is made anew in another one',
  source: ['KIP-858', 'KIP-112'],
  difficulty: 'medium',
  expects: ['R1', 'R8', 'S1', 'C4'],
  scenario: 'disk-failure',
  file: 'core/replication/replica-assignments.ts',
  find: '    if (!logs.mayCreate(key, assigned)) {',
  replace: '    if (zoo.instead(!logs.mayCreate(key, assigned), false)) {',
} satisfies Mutant;
