import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a batch of an earlier producer epoch is appended',
  source: ['KIP-98', 'KIP-360'],
  difficulty: 'medium',
  expects: ['I6', 'I2'],
  file: 'core/log/producer-state.ts',
  find: '    if (header.producerEpoch < currentEpoch) {',
  replace: '    if (zoo.instead(header.producerEpoch < currentEpoch, false)) {',
} satisfies Mutant;
