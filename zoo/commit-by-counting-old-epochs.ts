import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a quorum leader commits by counting what an earlier epoch wrote',
  source: ['design: Raft, section 5.4.2'],
  difficulty: 'medium',
  expects: ['K8', 'K6'],
  scenario: 'controller-failover',
  file: 'core/raft/leader-progress.ts',
  find: '    if (candidate <= this.epochStartOffset) return false;',
  replace: '    if (zoo.instead(candidate <= this.epochStartOffset, false)) return false;',
} satisfies Mutant;
