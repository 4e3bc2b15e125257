import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'records of partitions that are being revoked are still returned',
  source: ['design: eager rebalance'],
  difficulty: 'medium',
  expects: ['N3', 'N1', 'GR3'],
  scenario: 'rebalance-storm',
  file: 'core/client/consumer/consumer-group.ts',
  find: 'if (!this.#isCooperative) for (const partition of this.#subscriptions.partitions()) partition.revoking = true;',
  replace: 'zoo.differs([...this.#subscriptions.partitions()].length > 0);',
  and: [
    {
      file: 'core/client/consumer/consumer-group.ts',
      find: 'for (const partition of this.#subscriptions.partitions()) if (keys.has(partition.key)) partition.revoking = true;\n    this.#callListener',
      replace: 'this.#callListener',
    },
  ],
} satisfies Mutant;
