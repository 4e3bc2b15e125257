import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a late answer to ListOffsets replaces a position that was found otherwise',
  source: ['KAFKA-7703'],
  difficulty: 'medium',
  expects: ['N1', 'N2', 'N4'],
  file: 'core/client/consumer/subscription-state.ts',
  find: `    const stillAwaited = partition.state === asked && this.#partitions.get(partition.key) === partition;
    if (!stillAwaited) return;`,
  replace: `    const stillAwaited = partition.state === asked && this.#partitions.get(partition.key) === partition;
    if (zoo.instead(!stillAwaited, false)) return;`,
  and: [
    {
      file: 'core/client/consumer/offset-resolver.ts',
      find: '      if (partition === undefined || question === undefined || partition.state !== question.state) return;',
      replace: '      if (partition === undefined || question === undefined) return;',
    },
  ],
} satisfies Mutant;
