import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'after a batch was refused for good its successors go on with their sequences',
  source: ['KIP-360'],
  difficulty: 'medium',
  expects: ['L9', 'N8', 'J14'],
  file: 'core/client/producer/idempotent-state.ts',
  find: `    if (sequence.isCurrent(batch)) this.#requestBump(batch.key, errorName(error), 'batch-failed');`,
  replace: `    if (zoo.instead(sequence.isCurrent(batch), false)) this.#requestBump(batch.key, errorName(error), 'batch-failed');`,
} satisfies Mutant;
