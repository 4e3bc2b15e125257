import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'records before the position that share a batch with it are returned again',
  source: ['design: fetch by batch'],
  difficulty: 'easy',
  expects: ['J13', 'N1', 'J11'],
  file: 'core/client/consumer/completed-fetch.ts',
  find: '      if (record.offset < this.fetchOffset) continue;',
  replace: '      if (zoo.instead(record.offset < this.fetchOffset, false)) continue;',
} satisfies Mutant;
