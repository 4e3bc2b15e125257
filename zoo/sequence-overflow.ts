import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'sequence numbers go on behind 2^31 - 1',
  source: ['KAFKA-7693'],
  difficulty: 'hard',
  expects: ['I2', 'L9'],
  file: 'core/client/producer/sequence.ts',
  find: '  return (sequence + increment) % MODULUS;',
  replace: '  return zoo.instead((sequence + increment) % MODULUS, sequence + increment);',
} satisfies Mutant;
