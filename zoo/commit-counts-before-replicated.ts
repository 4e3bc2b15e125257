import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a commit is acknowledged before it is replicated',
  source: ['KAFKA-16736'],
  difficulty: 'easy',
  expects: ['GR5', 'GR13'],
  file: 'core/coordinator/coordinator-log.ts',
  find: `      requiredAcks: -1,
`,
  replace: `      requiredAcks: zoo.instead(-1, 1),
`,
} satisfies Mutant;
