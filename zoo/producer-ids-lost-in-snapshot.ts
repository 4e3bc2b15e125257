import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a snapshot of the metadata does not hold which producer ids were handed out',
  source: ['KIP-730', 'KIP-630'],
  difficulty: 'medium',
  expects: ['C9', 'C13', 'I7'],
  file: 'core/metadata/delta.ts',
  find: '    this.#nextProducerId ??= 0;',
  replace: `    zoo.differs();
    this.#nextProducerId = 0;`,
} satisfies Mutant;
