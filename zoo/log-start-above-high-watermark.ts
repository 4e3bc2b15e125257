import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the start of a log moves beyond its high watermark',
  source: ['KIP-107', 'KAFKA-4586'],
  difficulty: 'medium',
  expects: ['R6', 'S7'],
  file: 'core/log/log-retention.ts',
  find: `    if (offset > offsets.highWatermark)
`,
  replace: `    if (zoo.instead(offset > offsets.highWatermark, false))
`,
  and: [
    {
      file: 'core/replication/record-deletions.ts',
      find: 'const isCommitted = target >= 0 && target <= log.highWatermark;',
      replace: 'const isCommitted = target >= 0 && target <= log.logEndOffset;',
    },
  ],
} satisfies Mutant;
