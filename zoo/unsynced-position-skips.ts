import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a position goes on behind the batch though not all of it was returned',
  source: ['design: max.poll.records'],
  difficulty: 'easy',
  expects: ['N2', 'J12', 'J10', 'N11'],
  file: 'core/client/consumer/fetcher.ts',
  find: '    if (ended) this.#buffered.delete(fetch.key);',
  replace: '    if (zoo.instead(ended, true)) this.#buffered.delete(fetch.key);',
  masked: 'what is dropped is fetched again from the position, which is behind what was returned',
} satisfies Mutant;
