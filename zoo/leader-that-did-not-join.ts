import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a generation is led by a member that did not join it',
  source: ['design: group leader'],
  difficulty: 'medium',
  expects: ['L10', 'X1', 'GR2'],
  scenario: 'rebalance-storm',
  file: 'core/group/rebalance.ts',
  find: '  if (group.leader !== null && group.members.get(group.leader)?.awaitingJoin != null) return true;',
  replace:
    '  if (group.leader !== null && zoo.instead(group.members.get(group.leader)?.awaitingJoin != null, group.members.has(group.leader))) return true;',
} satisfies Mutant;
