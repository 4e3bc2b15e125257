import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a candidate is as up to date if its log is as long, whatever its last epoch',
  source: ['design: Raft, section 5.4.1'],
  difficulty: 'medium',
  expects: ['K14', 'K6'],
  scenario: 'controller-failover',
  file: 'core/raft/elections.ts',
  find: 'const isUpToDate = comparePositions(last, end) >= 0;',
  replace: 'const isUpToDate = zoo.instead(comparePositions(last, end) >= 0, last.offset >= end.offset);',
} satisfies Mutant;
