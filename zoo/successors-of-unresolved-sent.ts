import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'batches go out while the fate of one before them is unknown',
  source: ['KIP-360'],
  difficulty: 'medium',
  expects: ['I2', 'J14'],
  file: 'core/client/producer/idempotent-state.ts',
  find: '      if (state.unresolvedSequence !== null) return false;',
  replace: '      if (zoo.instead(state.unresolvedSequence !== null, false)) return false;',
} satisfies Mutant;
