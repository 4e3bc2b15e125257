import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower that was fenced does not fetch again in the epoch that it learns of',
  source: ['KIP-320'],
  difficulty: 'easy',
  expects: ['L4', 'L5'],
  file: 'core/replication/replica-fetcher.ts',
  find: `if (current?.leaderEpoch === partition.leaderEpoch && current.phase.kind !== 'failed') return;`,
  replace: `if (zoo.instead(current?.leaderEpoch === partition.leaderEpoch && current.phase.kind !== 'failed', current !== undefined)) return;`,
} satisfies Mutant;
