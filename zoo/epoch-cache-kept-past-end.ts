import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a truncation at the end of the log leaves the epochs that begin there',
  source: ['KAFKA-10706'],
  difficulty: 'medium',
  expects: ['R11', 'L5'],
  file: 'core/log/log-truncation.ts',
  find: '      if (epochs.truncateFromEnd(logEndOffset))',
  replace: `      zoo.differs(epochs.entries.some((entry) => entry.startOffset >= logEndOffset));
      if (logEndOffset < 0 && epochs.truncateFromEnd(logEndOffset))`,
} satisfies Mutant;
