import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'no producer snapshot is taken where a segment begins',
  source: ['KAFKA-5829'],
  difficulty: 'hard',
  expects: ['S11', 'I5'],
  file: 'core/log/segment-roller.ts',
  find: '    const isTaken = this.#snapshots.take(baseOffset, this.#producers.entries());',
  replace: `    zoo.differs();
    const isTaken = this.#producers.size < 0 && this.#snapshots.take(baseOffset, this.#producers.entries());`,
  masked: 'without snapshots the state of producers is built anew from the whole log, which comes to the same',
} satisfies Mutant;
