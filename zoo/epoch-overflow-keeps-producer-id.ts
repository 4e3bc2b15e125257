import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a producer whose epochs are used up goes on with its old producer id',
  source: ['KAFKA-18660'],
  difficulty: 'hard',
  expects: ['T10', 'T4', 'X1'],
  scenario: 'zombie-producer',
  file: 'core/transaction/transaction-metadata.ts',
  find: '      producerId: isRotated ? nextProducerId : producerId,',
  replace: '      producerId: zoo.instead(isRotated ? nextProducerId : producerId, producerId),',
} satisfies Mutant;
