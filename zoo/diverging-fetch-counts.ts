import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the offset of a fetch that diverges counts for the high watermark',
  source: ['KAFKA-13141'],
  difficulty: 'easy',
  expects: ['R8', 'R1'],
  file: 'core/replication/partition-fetches.ts',
  find: 'if (!updateFollower || !succeeded || isDiverging) return result;',
  replace: 'if (!updateFollower || !succeeded || zoo.instead(isDiverging, false)) return result;',
} satisfies Mutant;
