import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the first batch of a transaction is appended without asking its coordinator',
  source: ['KIP-890', 'KAFKA-14402', 'KAFKA-14561'],
  difficulty: 'medium',
  expects: ['T9', 'T6'],
  scenario: 'transaction-timeout',
  file: 'core/log/producer-state.ts',
  find: '    return guard !== undefined && guard === claim.verificationGuard;',
  replace: '    return zoo.instead(guard !== undefined && guard === claim.verificationGuard, true);',
  masked:
    'the broker asks the coordinator before it appends; what is left for the guard is the instant between the answer and the append',
} satisfies Mutant;
