import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'records that were fetched for another position are returned',
  source: ['KAFKA-2978'],
  difficulty: 'medium',
  expects: ['X1', 'J12', 'J13', 'N1', 'N2'],
  file: 'core/client/consumer/fetcher.ts',
  find: '      const isStale = isDropped || isOfAnother || fetch.nextOffset !== partition.state.position.offset;',
  replace:
    '      const isStale = zoo.instead(isDropped || isOfAnother || fetch.nextOffset !== partition.state.position.offset, isDropped || isOfAnother);',
} satisfies Mutant;
