import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the assignment of a member that does not lead the generation is stored',
  source: ['design: group leader'],
  difficulty: 'hard',
  expects: ['GR2', 'GR3', 'L10'],
  scenario: 'rebalance-storm',
  file: 'core/group/syncing.ts',
  find: '        if (group.leader === member.memberId) this.#storeAssignment(shard, group, request);',
  replace: '        if (zoo.instead(group.leader === member.memberId, true)) this.#storeAssignment(shard, group, request);',
} satisfies Mutant;
