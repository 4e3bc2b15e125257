import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the fetch of an earlier incarnation of a follower counts',
  source: ['KAFKA-15221', 'KIP-903'],
  difficulty: 'hard',
  expects: ['R17', 'R1'],
  file: 'core/replication/partition-fetches.ts',
  find: 'const isStale = params.replicaEpoch !== NONE && params.replicaEpoch < registeredEpoch;',
  replace: 'const isStale = zoo.instead(params.replicaEpoch !== NONE && params.replicaEpoch < registeredEpoch, false);',
} satisfies Mutant;
