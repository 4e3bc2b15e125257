import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a resignation of an earlier epoch unloads the coordinator of a later one',
  source: ['design: coordinator epochs'],
  difficulty: 'hard',
  expects: ['GR7', 'L16', 'L10'],
  file: 'core/coordinator/coordinator-runtime.ts',
  find: '    if (shard === undefined || (leaderEpoch !== null && leaderEpoch < shard.leaderEpoch)) return;',
  replace: '    if (shard === undefined || zoo.instead(leaderEpoch !== null && leaderEpoch < shard.leaderEpoch, false)) return;',
} satisfies Mutant;
