import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'what a coordinator writes is appended in a leader epoch that it was not loaded for',
  source: ['KAFKA-20634'],
  difficulty: 'hard',
  expects: ['GR5', 'GR7', 'GR13'],
  file: 'core/replication/replica-appends.ts',
  find: 'const isOtherEpoch = entry.expectedLeaderEpoch !== undefined && entry.expectedLeaderEpoch !== partition.leaderEpoch;',
  replace: `const isOtherEpoch = zoo.instead(
      entry.expectedLeaderEpoch !== undefined && entry.expectedLeaderEpoch !== partition.leaderEpoch,
      false,
    );`,
} satisfies Mutant;
