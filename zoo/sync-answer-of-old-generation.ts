import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an assignment of an earlier generation is taken for the present one',
  source: ['KAFKA-13891', 'KAFKA-9140'],
  difficulty: 'hard',
  expects: ['GR3', 'N11', 'L10'],
  scenario: 'rebalance-storm',
  file: 'core/client/consumer/group-membership.ts',
  find: `      const stillWaiting = this.#state.kind === 'syncing' && sent === this.#generation;`,
  replace: `      const stillWaiting = zoo.instead(this.#state.kind === 'syncing' && sent === this.#generation, this.#state.kind === 'syncing');`,
} satisfies Mutant;
