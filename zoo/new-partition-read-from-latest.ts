import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'records of a partition that is added are skipped that came before the consumer saw it',
  source: ['KAFKA-12261'],
  difficulty: 'easy',
  expects: ['N2', 'N11', 'J4'],
  scenario: 'topics-come-and-go',
  file: 'core/client/consumer/offset-resolver.ts',
  find: `      const strategy = state.strategy === 'latest' && isNewPartition ? 'earliest' : state.strategy;`,
  replace: `      const strategy = zoo.instead(isNewPartition && state.strategy === 'earliest', false) || !isNewPartition ? state.strategy : 'latest';`,
} satisfies Mutant;
