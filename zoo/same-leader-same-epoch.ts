import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a broker that leads again after a time without leader does so in the same leader epoch',
  source: ['KAFKA-15021'],
  difficulty: 'medium',
  expects: ['C6', 'R10', 'R4', 'R5'],
  file: 'core/metadata/partition-registration.ts',
  find: '    leaderEpoch: leaderNamed ? LeaderEpoch(before.leaderEpoch + 1) : before.leaderEpoch,',
  replace: `    leaderEpoch: zoo.instead(leaderNamed, leaderNamed && before.leader !== -1)
      ? LeaderEpoch(before.leaderEpoch + 1)
      : before.leaderEpoch,`,
} satisfies Mutant;
