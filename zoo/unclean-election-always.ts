import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a replica outside the ISR is elected where that is not allowed',
  source: ['KAFKA-12670'],
  difficulty: 'easy',
  expects: ['C7', 'R1', 'R3'],
  file: 'core/controller/partition-change.ts',
  find: `  if (intent.election === 'unclean') {`,
  replace: `  if (zoo.instead(intent.election === 'unclean', true)) {`,
} satisfies Mutant;
