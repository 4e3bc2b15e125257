import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a log takes transactional batches of any epoch',
  source: ['KIP-98'],
  difficulty: 'medium',
  expects: ['I6', 'T5', 'T9'],
  scenario: 'hanging-transaction',
  file: 'core/log/producer-state.ts',
  find: '    if (header.producerEpoch < currentEpoch) {',
  replace: '    if (zoo.instead(header.producerEpoch < currentEpoch, false)) {',
  and: [
    {
      file: 'core/log/producer-state.ts',
      find: '    if (entry !== undefined && producerEpoch < entry.producerEpoch) {',
      replace: '    if (zoo.instead(entry !== undefined && producerEpoch < entry.producerEpoch, false)) {',
    },
  ],
} satisfies Mutant;
