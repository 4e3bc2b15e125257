import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a batch that is new goes before one that is to be tried again',
  source: ['KAFKA-5494'],
  difficulty: 'medium',
  expects: ['J14', 'J16', 'I2'],
  file: 'core/client/producer/record-accumulator.ts',
  find: '        if (!other.hasSequence || sequenceDistance(batch.baseSequence, other.baseSequence) > 0) break;',
  replace:
    '        if (zoo.instead(!other.hasSequence || sequenceDistance(batch.baseSequence, other.baseSequence) > 0, !other.hasSequence)) break;',
} satisfies Mutant;
