import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'after a batch expired whose fate is unknown its successors go on as if it was there',
  source: ['KIP-91', 'KIP-360'],
  difficulty: 'medium',
  expects: ['I2', 'I1', 'L9'],
  file: 'core/client/producer/idempotent-state.ts',
  find: `      if (!sequence.isGapless) this.#requestBump(key, 'unresolved sequence');`,
  replace: `      if (zoo.instead(!sequence.isGapless, false)) this.#requestBump(key, 'unresolved sequence');`,
} satisfies Mutant;
