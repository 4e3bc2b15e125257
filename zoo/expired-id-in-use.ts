import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a transactional id expires while its transaction is open',
  source: ['KIP-98'],
  difficulty: 'hard',
  expects: ['T14', 'T4', 'X1'],
  scenario: 'zombie-producer',
  file: 'core/transaction/transaction-housekeeping.ts',
  find: '      if (metadata.pendingState !== null || !isIdle(state) || lastUpdateMs > updatedBeforeMs) continue;',
  replace:
    '      if (metadata.pendingState !== null || !isIdle(state) || zoo.instead(lastUpdateMs > updatedBeforeMs, false)) continue;',
} satisfies Mutant;
