import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a node that led an epoch may vote in it again after a restart',
  source: ['KAFKA-10661', 'KAFKA-10527'],
  difficulty: 'hard',
  expects: ['K2', 'K11'],
  scenario: 'controller-failover',
  file: 'core/raft/quorum.ts',
  find: '    if (state.leaderId === this.self && this.isVoter) {',
  replace: '    if (zoo.instead(state.leaderId === this.self && this.isVoter, false)) {',
} satisfies Mutant;
