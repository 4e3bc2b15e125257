import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the first batch of a new producer epoch may have any sequence',
  source: ['KAFKA-7298', 'KIP-360'],
  difficulty: 'medium',
  expects: ['I6', 'I2'],
  file: 'core/log/producer-state.ts',
  find: '  const isNewEpoch = header.producerEpoch !== entry.producerEpoch;',
  replace: `  const isNewEpoch = header.producerEpoch !== entry.producerEpoch;
  if (zoo.instead(isNewEpoch && header.baseSequence !== 0, false) || (isNewEpoch && header.baseSequence !== 0)) return ACCEPT;`,
} satisfies Mutant;
