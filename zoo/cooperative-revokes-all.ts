import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a member of the cooperative protocol gives up all that it has before it joins',
  source: ['KIP-429'],
  difficulty: 'easy',
  expects: ['GR15'],
  scenario: 'cooperative-rebalance',
  file: 'core/client/consumer/consumer-group.ts',
  find: 'this.#isCooperative ? held.filter(({ topic }) => !this.#isSubscribed(topic)) : held',
  replace: 'zoo.instead(this.#isCooperative, false) ? held.filter(({ topic }) => !this.#isSubscribed(topic)) : held',
} satisfies Mutant;
