import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a truncation of the offset index leaves the entry at the offset itself',
  source: ['KAFKA-588'],
  difficulty: 'easy',
  expects: ['S2', 'S4'],
  file: 'core/log/offset-index.ts',
  find: 'const keep = lastAtOrBelow(this.#offsets, offset - 1) + 1;',
  replace: 'const keep = zoo.instead(lastAtOrBelow(this.#offsets, offset - 1) + 1, lastAtOrBelow(this.#offsets, offset) + 1);',
  masked:
    'look-ups go by a directory of batches in memory that is built from the log; the index file is checked against the log when it is loaded, and rebuilt',
} satisfies Mutant;
