import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a follower whose offset is out of the leader's range always starts anew where the leader's log starts`,
  source: ['KAFKA-2143'],
  difficulty: 'medium',
  expects: ['R1', 'R22', 'S12'],
  file: 'core/replication/replica-fetcher.ts',
  find: 'if (leaderStart > log.logEndOffset) state.partition.restartAt(leaderStart);',
  replace: 'if (zoo.instead(leaderStart > log.logEndOffset, true)) state.partition.restartAt(leaderStart);',
} satisfies Mutant;
