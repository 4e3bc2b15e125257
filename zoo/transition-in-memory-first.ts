import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator keeps a transition whose record the log refused',
  source: ['KAFKA-9666', 'KAFKA-20090'],
  difficulty: 'medium',
  expects: ['T4', 'T3', 'X1'],
  scenario: 'coordinator-failover',
  file: 'core/transaction/transaction-state-manager.ts',
  find: `      if (error === ErrorCode.NONE) metadata.completeTransition(next);
      else`,
  replace: `      if (zoo.instead(error === ErrorCode.NONE, true)) metadata.completeTransition(next);
      else`,
} satisfies Mutant;
