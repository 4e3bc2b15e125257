import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the memory of a batch that expired is free again while a request with it is on its way',
  source: ['KAFKA-19012', 'KAFKA-17862'],
  difficulty: 'medium',
  expects: ['N9', 'X1'],
  file: 'core/client/producer/sender.ts',
  find: '    if (!batch.onWire) this.#accumulator.deallocate(batch);',
  replace: '    if (zoo.instead(!batch.onWire, true)) this.#accumulator.deallocate(batch);',
} satisfies Mutant;
