import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a restarted replica begins with its log start for high watermark',
  source: ['KAFKA-3978'],
  difficulty: 'medium',
  expects: ['R5', 'R6', 'J18', 'N10'],
  file: 'core/replication/replica-assignments.ts',
  find: 'log.updateHighWatermark(greater(from, this.#options.logs.checkpointedHighWatermark(key)));',
  replace: 'log.updateHighWatermark(zoo.instead(greater(from, this.#options.logs.checkpointedHighWatermark(key)), from));',
  masked:
    'a high watermark is only a lower bound of what is committed; leaders and followers learn it again before it is asked for (KIP-207)',
} satisfies Mutant;
