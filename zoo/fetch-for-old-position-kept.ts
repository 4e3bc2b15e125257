import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an answer to a fetch counts though the position has moved since',
  source: ['KAFKA-2978'],
  difficulty: 'medium',
  expects: ['J12', 'J13', 'N1', 'N2'],
  file: 'core/client/consumer/fetcher.ts',
  find: '    const stillThere = partition.state.position.offset === fetch.fetchOffset;',
  replace: '    const stillThere = zoo.instead(partition.state.position.offset === fetch.fetchOffset, true);',
} satisfies Mutant;
