import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'where DeleteRecords moved the start of a log is forgotten with a restart',
  source: ['KIP-107', 'KAFKA-4586'],
  difficulty: 'medium',
  expects: ['S12', 'S7', 'N10'],
  scenario: 'topics-come-and-go',
  file: 'core/log/log-directory.ts',
  find: 'else if (log.logStartOffset > log.firstSegmentBaseOffset)',
  replace: 'else if (zoo.instead(log.logStartOffset > log.firstSegmentBaseOffset, false))',
} satisfies Mutant;
