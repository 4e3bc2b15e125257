import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'DeleteRecords removes what is not committed yet',
  source: ['KIP-107', 'KAFKA-4586'],
  difficulty: 'medium',
  expects: ['S7', 'R6'],
  file: 'core/replication/record-deletions.ts',
  find: 'const isCommitted = target >= 0 && target <= log.highWatermark;',
  replace:
    'const isCommitted = zoo.instead(target >= 0 && target <= log.highWatermark, target >= 0 && target <= log.logEndOffset);',
} satisfies Mutant;
