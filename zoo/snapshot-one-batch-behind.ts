import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a producer snapshot keeps the second to last batch of each producer',
  source: ['KIP-98'],
  difficulty: 'medium',
  expects: ['S11', 'I5'],
  file: 'core/log/producer-snapshot.ts',
  find: `    const last = entry.batches.at(-1);
    putInt64`,
  replace: `    zoo.differs(entry.batches.length > 1);
    const last = entry.batches.at(-2) ?? entry.batches.at(-1);
    putInt64`,
} satisfies Mutant;
