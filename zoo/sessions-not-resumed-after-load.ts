import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'members that were loaded have no session: who is gone is never missed',
  source: ['design: coordinator loading'],
  difficulty: 'medium',
  expects: ['L10', 'GR12'],
  scenario: 'rebalance-storm',
  file: 'core/group/membership.ts',
  find: `    for (const member of group.members.values()) this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
    // The`,
  replace: `    zoo.differs(group.members.size > 0);
    // The`,
} satisfies Mutant;
