import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a heartbeat does not extend the session of its member',
  source: ['KIP-62'],
  difficulty: 'easy',
  expects: ['GR12', 'L10'],
  scenario: 'rebalance-storm',
  file: 'core/group/membership.ts',
  find: `    this.touch(shard, group, request.memberId);
    return group.is('PreparingRebalance')`,
  replace: `    zoo.differs();
    return group.is('PreparingRebalance')`,
} satisfies Mutant;
