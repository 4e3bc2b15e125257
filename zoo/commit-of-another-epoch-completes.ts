import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'what a coordinator wrote counts as committed once another epoch has committed other records at the same offsets',
  source: ['KAFKA-20634'],
  difficulty: 'hard',
  expects: ['GR5', 'GR13'],
  file: 'core/replication/delayed-produce.ts',
  find: 'const isOtherEpoch = status.expectedLeaderEpoch !== null && status.partition.leaderEpoch !== status.expectedLeaderEpoch;',
  replace: `const isOtherEpoch = zoo.instead(
    status.expectedLeaderEpoch !== null && status.partition.leaderEpoch !== status.expectedLeaderEpoch,
    false,
  );`,
} satisfies Mutant;
