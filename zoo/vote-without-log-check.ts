import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a vote is given to a candidate whose log is shorter',
  source: ['design: Raft, section 5.4.1'],
  difficulty: 'easy',
  expects: ['K14', 'K6'],
  scenario: 'controller-failover',
  file: 'core/raft/elections.ts',
  find: 'const isUpToDate = comparePositions(last, end) >= 0;',
  replace: 'const isUpToDate = zoo.instead(comparePositions(last, end) >= 0, true);',
} satisfies Mutant;
