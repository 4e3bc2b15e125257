import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a member that waits for an answer of the coordinator is given up when its session ends',
  source: ['design: delayed joins'],
  difficulty: 'medium',
  expects: ['GR12', 'L10', 'A1'],
  scenario: 'rebalance-storm',
  file: 'core/group/sessions.ts',
  find: '    if (!member.isNew && (member.awaitingJoin !== null || member.awaitingSync !== null)) return;',
  replace: '    if (zoo.instead(!member.isNew && (member.awaitingJoin !== null || member.awaitingSync !== null), false)) return;',
  masked: 'a member that is given up joins again: nothing that is promised is broken',
} satisfies Mutant;
