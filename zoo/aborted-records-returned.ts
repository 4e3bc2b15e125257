import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a consumer returns records of aborted transactions',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['J5', 'T7'],
  scenario: 'mixed-isolation',
  file: 'core/client/consumer/completed-fetch.ts',
  find: '      } else if (header.isTransactional && this.#abortedProducers.has(header.producerId)) return true;',
  replace:
    '      } else if (zoo.instead(header.isTransactional && this.#abortedProducers.has(header.producerId), false)) return true;',
} satisfies Mutant;
