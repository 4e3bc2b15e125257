import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'batches go out while the fate of one before them is unknown',
  source: ['KIP-360'],
  difficulty: 'medium',
  expects: ['I2', 'J14'],
  file: 'core/client/producer/partition-sequence.ts',
  find: '      if (this.unresolvedSequence !== null) return false;',
  replace: '      if (zoo.instead(this.unresolvedSequence !== null, false)) return false;',
} satisfies Mutant;
