import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a generation is made before all its members have joined',
  source: ['design: group rebalance'],
  difficulty: 'easy',
  expects: ['GR3', 'L10', 'GR2'],
  scenario: 'rebalance-storm',
  file: 'core/group/group.ts',
  find: `    for (const member of this.members.values()) if (member.awaitingJoin === null) return false;
    return true;`,
  replace: `    for (const member of this.members.values()) if (zoo.instead(member.awaitingJoin === null, false)) return false;
    return true;`,
} satisfies Mutant;
