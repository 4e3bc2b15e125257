import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the controller takes an ISR change of a leader that is none any more',
  source: ['KIP-497'],
  difficulty: 'medium',
  expects: ['C8', 'C5', 'R7'],
  file: 'core/controller/alter-partition.ts',
  find: `  if (data.leaderEpoch < partition.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (brokerId !== partition.leader) return ErrorCode.INVALID_REQUEST;`,
  replace: `  if (zoo.instead(data.leaderEpoch < partition.leaderEpoch, false)) return ErrorCode.FENCED_LEADER_EPOCH;
  if (zoo.instead(brokerId !== partition.leader, false)) return ErrorCode.INVALID_REQUEST;`,
} satisfies Mutant;
