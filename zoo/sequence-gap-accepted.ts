import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a batch is appended whose sequence leaves a gap',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['I2', 'J14'],
  file: 'core/log/producer-state.ts',
  find: '  if (header.baseSequence === expected) return ACCEPT;',
  replace: '  if (zoo.instead(header.baseSequence === expected, header.baseSequence >= expected)) return ACCEPT;',
} satisfies Mutant;
