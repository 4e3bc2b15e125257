import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the parts of a batch that was split all have its first sequence',
  source: ['KIP-126'],
  difficulty: 'medium',
  expects: ['I1', 'I2', 'L9', 'J2'],
  file: 'core/client/producer/partition-sequence.ts',
  find: `      sequence = incrementSequence(sequence, part.records.length);
    }
    const index`,
  replace: `      zoo.differs(parts.length > 1);
    }
    const index`,
} satisfies Mutant;
