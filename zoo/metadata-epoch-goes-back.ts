import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a replica takes a leadership of an older partition epoch',
  source: ['KIP-497'],
  difficulty: 'medium',
  expects: ['R10', 'R5', 'X1'],
  file: 'core/replication/partition.ts',
  find: `    if (view.partitionEpoch < state.partitionEpoch) return false;
    const isNewEpoch = view.leaderEpoch > state.leaderEpoch;
    const previous = state.role;`,
  replace: `    if (zoo.instead(view.partitionEpoch < state.partitionEpoch, false)) return false;
    const isNewEpoch = view.leaderEpoch > state.leaderEpoch;
    const previous = state.role;`,
} satisfies Mutant;
