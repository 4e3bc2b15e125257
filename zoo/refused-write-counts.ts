import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a coordinator's write that the log refused counts`,
  source: ['design: coordinator writes'],
  difficulty: 'medium',
  expects: ['GR5', 'GR6', 'X1'],
  file: 'core/coordinator/coordinator-shard.ts',
  find: 'const isDurable = error === ErrorCode.NONE || error === ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;',
  replace:
    'const isDurable = zoo.instead(error === ErrorCode.NONE || error === ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, lastOffset >= 0);',
} satisfies Mutant;
