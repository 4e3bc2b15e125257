import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a node does not learn a newer epoch from an answer',
  source: ['KIP-595'],
  difficulty: 'medium',
  expects: ['L1', 'L7'],
  scenario: 'controller-failover',
  file: 'core/raft/transitions.ts',
  find: '  if (epoch > quorum.epoch || isOutdated) {',
  replace: '  if (zoo.instead(epoch > quorum.epoch || isOutdated, isOutdated)) {',
} satisfies Mutant;
