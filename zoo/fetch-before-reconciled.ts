import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a leader serves a follower whose log has parted from its own as if it had not',
  source: ['KIP-320'],
  difficulty: 'medium',
  expects: ['R8', 'R4', 'R2'],
  file: 'core/replication/fetch-reader.ts',
  find: 'const isDiverging = end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset;',
  replace: 'const isDiverging = zoo.instead(end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset, false);',
} satisfies Mutant;
