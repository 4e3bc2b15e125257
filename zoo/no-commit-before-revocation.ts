import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'positions are not committed before partitions are given up',
  source: ['design: auto-commit'],
  difficulty: 'easy',
  expects: ['N11', 'GR14'],
  scenario: 'rebalance-storm',
  file: 'core/client/consumer/consumer-group.ts',
  find: `    if (preparation.isLost()) this.#giveUp(preparation, done);
    else`,
  replace: `    if (zoo.instead(preparation.isLost(), true)) this.#giveUp(preparation, done);
    else`,
  masked: 'what is not committed is read again by the next owner: at least once is all that is promised',
} satisfies Mutant;
