import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a node whose election state was lost begins in an epoch that its log has passed',
  source: ['design: quorum-state'],
  difficulty: 'hard',
  expects: ['K3', 'K4', 'X1'],
  scenario: 'power-loss',
  file: 'core/raft/quorum.ts',
  find: '    if (lastEpoch > state.epoch) {',
  replace: '    if (zoo.instead(lastEpoch > state.epoch, false)) {',
} satisfies Mutant;
