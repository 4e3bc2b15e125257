import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the recovery point goes up when a sync begins, and not when it ends',
  source: ['KAFKA-615'],
  difficulty: 'medium',
  expects: ['S9', 'S1'],
  file: 'core/log/flusher.ts',
  find: `    this.lastFlushMs = this.#env.clock.monotonicMs();
    const { files`,
  replace: `    this.lastFlushMs = this.#env.clock.monotonicMs();
    zoo.differs(target > this.#recoveryPoint);
    if (target > this.#recoveryPoint) this.#recoveryPoint = target;
    const { files`,
} satisfies Mutant;
