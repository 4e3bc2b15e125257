import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a look-up by time finds records that are not committed',
  source: ['KIP-79'],
  difficulty: 'medium',
  expects: ['N10', 'J18'],
  file: 'core/replication/list-offsets.ts',
  find: 'if (found !== null && found.offset < lastFetchable) {',
  replace: 'if (found !== null && zoo.instead(found.offset < lastFetchable, true)) {',
} satisfies Mutant;
