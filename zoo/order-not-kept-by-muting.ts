import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a partition is not held back while a batch of it is tried again',
  source: ['KAFKA-3197'],
  difficulty: 'easy',
  expects: ['J14', 'J16'],
  file: 'core/client/producer/sender.ts',
  find: '      if (this.#options.guaranteeOrder) this.#accumulator.mute(batch.key);',
  replace: '      zoo.differs(this.#options.guaranteeOrder);',
  and: [
    {
      file: 'core/client/producer/sender.ts',
      find: '      if (this.#options.guaranteeOrder) this.#accumulator.unmute(batch.key);',
      replace: '',
    },
    {
      file: 'core/client/producer/sender.ts',
      find: '    while ((this.#inFlightByNode.get(nodeId) ?? 0) < this.#options.maxInFlight) {',
      replace: '    while ((this.#inFlightByNode.get(nodeId) ?? 0) < Math.max(2, this.#options.maxInFlight)) {',
    },
  ],
} satisfies Mutant;
