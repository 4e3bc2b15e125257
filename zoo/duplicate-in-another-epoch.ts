import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a batch of a new producer epoch is taken for a repetition of one of the last epoch',
  source: ['KAFKA-12620'],
  difficulty: 'hard',
  expects: ['I4', 'I6', 'J4'],
  file: 'core/log/producer-state.ts',
  find: '  if (entry.producerEpoch !== header.producerEpoch) return null;',
  replace: '  if (zoo.instead(entry.producerEpoch !== header.producerEpoch, false)) return null;',
} satisfies Mutant;
