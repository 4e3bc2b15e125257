import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the offset of a fetch whose read failed counts for the high watermark',
  source: ['KAFKA-8400'],
  difficulty: 'medium',
  expects: ['R8', 'R15', 'R6'],
  file: 'core/replication/partition-fetches.ts',
  find: 'if (!updateFollower || !succeeded || isDiverging) return result;',
  replace: 'if (!updateFollower || zoo.instead(!succeeded, false) || isDiverging) return result;',
} satisfies Mutant;
