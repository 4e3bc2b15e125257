import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower grants a pre-vote though it hears its leader',
  source: ['KIP-996'],
  difficulty: 'medium',
  expects: ['L1', 'K16'],
  scenario: 'controller-failover',
  file: 'core/raft/elections.ts',
  find: '      return !role.hasFetched;',
  replace: '      return zoo.instead(!role.hasFetched, true);',
  masked:
    'an election more often than needed is within what is promised: a candidate with a log that is up to date is elected, and nothing is lost',
} satisfies Mutant;
