import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a transaction whose producer is gone is never aborted',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['T15', 'T6', 'L11', 'N10'],
  scenario: 'transaction-timeout',
  file: 'core/transaction/transaction-housekeeping.ts',
  find: '    if (openMs <= timeoutMs) return;',
  replace: '    if (zoo.instead(openMs <= timeoutMs, true)) return;',
} satisfies Mutant;
