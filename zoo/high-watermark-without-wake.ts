import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'what waits for the high watermark is not woken when an ISR change moves it',
  source: ['KAFKA-13091', 'KAFKA-14334'],
  difficulty: 'easy',
  expects: ['L8', 'Q1'],
  file: 'core/replication/isr-changes.ts',
  find: `    this.#highWatermark.maybeAdvance(leader);
    this.#context.wake(state.key);`,
  replace: '    zoo.differs(this.#highWatermark.maybeAdvance(leader));',
} satisfies Mutant;
