import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the end of an epoch is told from the entry of the epoch below it',
  source: ['KIP-101'],
  difficulty: 'medium',
  expects: ['R11', 'R4', 'R9'],
  file: 'core/log/epoch-cache.ts',
  find: `    if (epoch === this.latestEpoch) return { epoch, endOffset: logEndOffset };
    const above = this.#entries.findIndex((entry) => entry.epoch > epoch);`,
  replace: `    if (epoch === this.latestEpoch) return { epoch, endOffset: logEndOffset };
    const above = zoo.instead(
      this.#entries.findIndex((entry) => entry.epoch > epoch),
      this.#entries.findIndex((entry) => entry.epoch >= epoch),
    );`,
} satisfies Mutant;
