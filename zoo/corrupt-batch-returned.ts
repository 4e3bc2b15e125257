import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a batch whose checksum is wrong is given to the application',
  source: ['design: check.crcs'],
  difficulty: 'medium',
  expects: ['S10', 'N9', 'J5'],
  scenario: 'disk-failure',
  file: 'core/client/consumer/completed-fetch.ts',
  find: '    if (this.#checkCrcs && !isBatchValid(bytes, this.#position))',
  replace: '    if (zoo.instead(this.#checkCrcs && !isBatchValid(bytes, this.#position), false))',
} satisfies Mutant;
