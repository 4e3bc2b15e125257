import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a member that was removed commits to the group, because it is empty now',
  source: ['design: group fencing'],
  difficulty: 'medium',
  expects: ['GR4'],
  scenario: 'rebalance-storm',
  file: 'core/group/offsets.ts',
  find: `    if (generation < 0 && group.is('Empty')) return ErrorCode.NONE;`,
  replace: `    if (zoo.instead(generation < 0 && group.is('Empty'), group.is('Empty'))) return ErrorCode.NONE;`,
} satisfies Mutant;
