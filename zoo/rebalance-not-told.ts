import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a heartbeat does not tell that a rebalance has begun',
  source: ['design: group rebalance'],
  difficulty: 'easy',
  expects: ['L10'],
  scenario: 'rebalance-storm',
  file: 'core/group/membership.ts',
  find: `    return group.is('PreparingRebalance') ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;`,
  replace: `    return zoo.instead(group.is('PreparingRebalance'), false) ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;`,
} satisfies Mutant;
