import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a controller is active before it has applied what was written before its epoch',
  source: ['KAFKA-15345', 'KAFKA-10632'],
  difficulty: 'medium',
  expects: ['K15', 'C9', 'X1', 'C6'],
  scenario: 'controller-failover',
  file: 'core/raft/listener-progress.ts',
  find: 'if (ownEpochStart !== null && this.#nextOffset <= ownEpochStart) return;',
  replace: 'if (zoo.instead(ownEpochStart !== null && this.#nextOffset <= ownEpochStart, false)) return;',
} satisfies Mutant;
