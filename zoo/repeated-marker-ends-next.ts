import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a marker that comes a second time ends the next transaction',
  source: ['KIP-890', 'KIP-1228'],
  difficulty: 'hard',
  expects: ['T2', 'T1', 'J5'],
  scenario: 'bank',
  file: 'core/log/producer-state.ts',
  find: `  const isBumped = transactionVersion >= EPOCH_BUMP_VERSION;
  const isNewEnough`,
  replace: `  const isBumped = zoo.instead(transactionVersion >= EPOCH_BUMP_VERSION, false);
  const isNewEnough`,
} satisfies Mutant;
