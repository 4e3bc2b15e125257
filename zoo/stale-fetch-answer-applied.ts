import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower applies an answer of an earlier leader epoch',
  source: ['KAFKA-7786'],
  difficulty: 'medium',
  expects: ['R19', 'R9', 'R1'],
  file: 'core/replication/replica-fetcher.ts',
  find: `if (!isSameEpoch || !isSameOffset || state.partition.role.kind !== 'follower') return;`,
  replace: `if (zoo.instead(!isSameEpoch || !isSameOffset, !isSameOffset) || state.partition.role.kind !== 'follower') return;`,
} satisfies Mutant;
