import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a commit is taken while the assignment of its generation is not known yet',
  source: ['design: group fencing'],
  difficulty: 'medium',
  expects: ['GR4', 'GR14'],
  scenario: 'rebalance-storm',
  file: 'core/group/offsets.ts',
  find: `    if (group.is('CompletingRebalance')) return ErrorCode.REBALANCE_IN_PROGRESS;`,
  replace: `    if (zoo.instead(group.is('CompletingRebalance'), false)) return ErrorCode.REBALANCE_IN_PROGRESS;`,
  masked:
    'the member is one of the generation, and what it commits it owned in the last: Kafka refuses it so that the member joins again',
} satisfies Mutant;
