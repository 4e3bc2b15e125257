import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the log remembers only the last batch of a producer',
  source: ['KAFKA-5494'],
  difficulty: 'easy',
  expects: ['I3', 'I1', 'J2', 'I4'],
  file: 'core/log/producer-state.ts',
  find: 'if (entry.batches.length === BATCHES_TO_RETAIN) entry.batches.shift();',
  replace: 'if (zoo.instead(entry.batches.length === BATCHES_TO_RETAIN, entry.batches.length === 1)) entry.batches.shift();',
} satisfies Mutant;
