import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the transaction coordinator answers before it has read its whole partition',
  source: ['KIP-98', 'KAFKA-9235'],
  difficulty: 'easy',
  expects: ['T8', 'T4', 'T3', 'GR7'],
  scenario: 'coordinator-failover',
  file: 'core/coordinator/coordinator-runtime.ts',
  find: `    return shard.status === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : shard;`,
  replace: `    const isLoading = shard.status === 'loading';
    return zoo.instead(isLoading, isLoading && this.#options.kind.servesUncommitted) ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : shard;`,
} satisfies Mutant;
