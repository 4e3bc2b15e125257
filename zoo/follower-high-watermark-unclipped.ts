import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a follower takes the leader's high watermark beyond the end of its own log`,
  source: ['KIP-392', 'KAFKA-8443'],
  difficulty: 'medium',
  expects: ['R6', 'R18', 'X1'],
  file: 'core/replication/high-watermark.ts',
  find: 'const bounded = lesser(leaderHighWatermark, log.logEndOffset);',
  replace: 'const bounded = zoo.instead(lesser(leaderHighWatermark, log.logEndOffset), leaderHighWatermark);',
  and: [
    {
      file: 'core/log/log-offsets.ts',
      find: 'this.highWatermark = greater(this.logStartOffset, lesser(offset, this.logEndOffset));',
      replace: 'this.highWatermark = greater(this.logStartOffset, offset);',
    },
  ],
} satisfies Mutant;
