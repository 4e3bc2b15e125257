import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a request with an old leader epoch is served',
  source: ['KIP-320'],
  difficulty: 'medium',
  expects: ['R19', 'R17', 'R10'],
  file: 'core/replication/partition-state.ts',
  find: 'if (currentLeaderEpoch < this.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;',
  replace: 'if (zoo.instead(currentLeaderEpoch < this.leaderEpoch, false)) return ErrorCode.FENCED_LEADER_EPOCH;',
} satisfies Mutant;
