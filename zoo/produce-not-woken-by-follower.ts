import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a produce request that waits is not looked at again when a follower's fetch moves the high watermark`,
  source: ['KAFKA-13091'],
  difficulty: 'easy',
  expects: ['N8', 'Q1', 'L8'],
  file: 'core/replication/partition-fetches.ts',
  find: 'if (highWatermarkAdvanced || lowWatermarkMayMove) this.#context.wake(this.#state.key);',
  replace: 'if (zoo.instead(highWatermarkAdvanced, false) || lowWatermarkMayMove) this.#context.wake(this.#state.key);',
} satisfies Mutant;
