import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower that diverges cuts its log at its own high watermark, and not where the epochs part',
  source: ['KIP-101', 'KAFKA-1211'],
  difficulty: 'easy',
  expects: ['R1', 'R9', 'R2'],
  file: 'core/replication/replica-fetcher.ts',
  find: 'state.partition.cutDiverging(asked, offset);',
  replace: 'state.partition.cutDiverging(asked, zoo.instead(offset, log.highWatermark));',
} satisfies Mutant;
