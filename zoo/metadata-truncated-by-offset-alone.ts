import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a follower of the quorum cuts at the leader's offset though it does not have that epoch`,
  source: ['KIP-279', 'KIP-595'],
  difficulty: 'medium',
  expects: ['K4', 'K5'],
  scenario: 'controller-failover',
  file: 'core/raft/metadata-log.ts',
  find: 'return local.epoch === end.epoch ? lesser(local.offset, end.offset) : local.offset;',
  replace:
    'return zoo.instead(local.epoch === end.epoch ? lesser(local.offset, end.offset) : local.offset, lesser(this.endOffset, end.offset));',
} satisfies Mutant;
