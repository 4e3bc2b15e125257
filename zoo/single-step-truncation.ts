import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a follower that does not know the epoch of the leader's answer takes the leader's offset all the same`,
  source: ['KIP-279', 'KAFKA-6361'],
  difficulty: 'easy',
  expects: ['R4', 'R2', 'L5'],
  file: 'core/replication/truncation.ts',
  find: 'const common = isSharedEpoch ? lesser(own.endOffset, leader.endOffset) : own.endOffset;',
  replace: `const common = zoo.instead(
    isSharedEpoch ? lesser(own.endOffset, leader.endOffset) : own.endOffset,
    lesser(logEndOffset, leader.endOffset),
  );`,
} satisfies Mutant;
