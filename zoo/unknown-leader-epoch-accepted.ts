import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a request of a leader epoch that the replica has not heard of is served',
  source: ['KIP-320'],
  difficulty: 'medium',
  expects: ['R19', 'R17', 'J18'],
  file: 'core/replication/partition-state.ts',
  find: 'if (currentLeaderEpoch > this.leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;',
  replace: 'if (zoo.instead(currentLeaderEpoch > this.leaderEpoch, false)) return ErrorCode.UNKNOWN_LEADER_EPOCH;',
} satisfies Mutant;
