import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a truncation leaves the epochs of what it removed',
  source: ['KAFKA-10706', 'KIP-101'],
  difficulty: 'medium',
  expects: ['R11', 'R4', 'L5'],
  file: 'core/log/log-truncation.ts',
  find: `    epochs.truncateFromEnd(to);
    offsets.logStartOffset`,
  replace: `    zoo.differs(epochs.entries.some((entry) => entry.startOffset >= to));
    offsets.logStartOffset`,
} satisfies Mutant;
