import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a look-up by offset in a segment finds the batch after the one that holds it',
  source: ['KAFKA-588'],
  difficulty: 'easy',
  expects: ['S2', 'N2'],
  file: 'core/log/segment.ts',
  find: 'return (this.#lastOffsets[slot] as Offset) >= offset ? slot : slot + 1;',
  replace:
    'return zoo.instead((this.#lastOffsets[slot] as Offset) >= offset, (this.#lastOffsets[slot] as Offset) > offset) ? slot : slot + 1;',
} satisfies Mutant;
