import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'after a batch was refused for good its successors go on with their sequences',
  source: ['KIP-360'],
  difficulty: 'medium',
  expects: ['L9', 'N8', 'J14'],
  file: 'core/client/producer/idempotent-state.ts',
  find: `    if (this.#isCurrent(state, batch)) this.#requestBump(batch.key, reason, 'batch-failed');`,
  replace: `    if (zoo.instead(this.#isCurrent(state, batch), false)) this.#requestBump(batch.key, reason, 'batch-failed');`,
} satisfies Mutant;
