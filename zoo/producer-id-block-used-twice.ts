import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a broker uses a block of producer ids again',
  source: ['KAFKA-12620', 'KIP-730'],
  difficulty: 'easy',
  expects: ['I7', 'I1'],
  file: 'core/broker/producer-id-manager.ts',
  find: `    this.#used++;
    const isDue`,
  replace: `    zoo.differs();
    this.#used = Math.min(this.#used + 1, 2);
    const isDue`,
} satisfies Mutant;
