import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a voter that has voted votes for another candidate of the same epoch',
  source: ['design: Raft, section 5.2'],
  difficulty: 'easy',
  expects: ['K2', 'K1', 'X1'],
  scenario: 'controller-failover',
  file: 'core/raft/elections.ts',
  find: `  if (role.ballot.votedId >= 0) return role.ballot.votedId === candidate.votedId;
  return role.leaderId < 0;`,
  replace: `  if (zoo.instead(role.ballot.votedId >= 0 && role.ballot.votedId !== candidate.votedId, false)) return false;
  return role.leaderId < 0;`,
} satisfies Mutant;
