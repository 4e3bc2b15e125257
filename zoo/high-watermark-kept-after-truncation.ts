import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the high watermark stays above the end of a log that was cut',
  source: ['KAFKA-9491'],
  difficulty: 'medium',
  expects: ['R6', 'X1'],
  file: 'core/log/log-offsets.ts',
  find: `    this.highWatermark = greater(this.logStartOffset, lesser(this.highWatermark, end));
    if (this.highWatermark > this.logEndOffset) this.highWatermark = this.logEndOffset;`,
  replace: `    zoo.differs(this.highWatermark > end);
    this.highWatermark = greater(this.logStartOffset, this.highWatermark);`,
} satisfies Mutant;
