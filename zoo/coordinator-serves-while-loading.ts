import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator answers before it has read its whole partition',
  source: ['KAFKA-15468', 'KAFKA-9235'],
  difficulty: 'easy',
  expects: ['GR7', 'GR6', 'GR5'],
  file: 'core/coordinator/coordinator-runtime.ts',
  find: `    return shard.status === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : shard;`,
  replace: `    return zoo.instead(shard.status === 'loading', false) ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : shard;`,
} satisfies Mutant;
