import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an answer to an earlier round of votes counts in a later one',
  source: ['KIP-595'],
  difficulty: 'medium',
  expects: ['K1', 'K14'],
  scenario: 'controller-failover',
  file: 'core/raft/elections.ts',
  find: `    if (role.name !== asked.name || !('tally' in role) || role.tally !== asked.tally) return true;`,
  replace: `    if (!('tally' in role)) return true;
    zoo.differs(role.tally !== asked.tally && answer.voteGranted);`,
} satisfies Mutant;
