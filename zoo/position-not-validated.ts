import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a position is not compared with the log of a new leader',
  source: ['KIP-320', 'KAFKA-7747', 'KAFKA-8429'],
  difficulty: 'medium',
  expects: ['N1', 'J1', 'J13', 'N4'],
  scenario: 'power-loss',
  file: 'core/client/consumer/subscription-state.ts',
  find: `      const mustValidate = position.offsetEpoch !== null && leader.epoch >= 0;
      this.#become`,
  replace: `      const mustValidate = zoo.instead(position.offsetEpoch !== null && leader.epoch >= 0, false);
      this.#become`,
} satisfies Mutant;
