import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a commit that is tried again goes out in the name of the next generation',
  source: ['KAFKA-9823'],
  difficulty: 'medium',
  expects: ['GR14', 'N3', 'GR4'],
  scenario: 'rebalance-storm',
  file: 'core/client/consumer/committed-offsets.ts',
  find: '    if (sender === null || (sender !== NO_GENERATION && !this.#membership.covers(sender))) {',
  replace: '    if (sender === null || zoo.instead(sender !== NO_GENERATION && !this.#membership.covers(sender), false)) {',
  and: [
    {
      file: 'core/client/consumer/committed-offsets.ts',
      find: '    this.#commitOnce(offsets, sender, (error, ambiguous) => {',
      replace:
        '    this.#commitOnce(offsets, sender === NO_GENERATION ? sender : this.#membership.generation, (error, ambiguous) => {',
    },
  ],
} satisfies Mutant;
