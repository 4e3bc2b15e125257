import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a new leader does not get a new leader epoch',
  source: ['KIP-101'],
  difficulty: 'easy',
  expects: ['C6', 'R10', 'X1'],
  file: 'core/metadata/partition-registration.ts',
  find: '    leaderEpoch: leaderNamed ? LeaderEpoch(before.leaderEpoch + 1) : before.leaderEpoch,',
  replace: '    leaderEpoch: zoo.instead(leaderNamed, false) ? LeaderEpoch(before.leaderEpoch + 1) : before.leaderEpoch,',
} satisfies Mutant;
