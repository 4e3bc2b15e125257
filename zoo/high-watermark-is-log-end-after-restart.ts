import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a log that is loaded takes its end for its high watermark',
  source: ['KAFKA-3978'],
  difficulty: 'easy',
  expects: ['R18', 'R6', 'R2'],
  file: 'core/log/log-offsets.ts',
  find: '    this.highWatermark = logStartOffset;',
  replace: '    this.highWatermark = zoo.instead(logStartOffset, logEndOffset);',
} satisfies Mutant;
