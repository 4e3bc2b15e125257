import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a producer's batches of the last epoch are kept in the new one`,
  source: ['KIP-360'],
  difficulty: 'medium',
  expects: ['I5', 'I6', 'S11'],
  file: 'core/log/producer-state.ts',
  find: `      entry.producerEpoch = header.producerEpoch;
      entry.batches.length = 0;`,
  replace: `      zoo.differs(entry.batches.length > 0);
      entry.producerEpoch = header.producerEpoch;`,
} satisfies Mutant;
