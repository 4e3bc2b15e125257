import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower appends what it had asked for before its log was cut',
  source: ['KAFKA-13207'],
  difficulty: 'hard',
  expects: ['X1', 'R4', 'S4'],
  file: 'core/replication/replica-fetcher.ts',
  find: `if (!isSameEpoch || !isSameOffset || state.partition.role.kind !== 'follower') return;`,
  replace: `if (zoo.instead(!isSameEpoch || !isSameOffset, !isSameEpoch) || state.partition.role.kind !== 'follower') return;`,
} satisfies Mutant;
