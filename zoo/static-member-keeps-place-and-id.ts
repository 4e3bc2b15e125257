import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a static member that comes back is added beside its former self',
  source: ['KIP-345', 'KAFKA-8500'],
  difficulty: 'easy',
  expects: ['GR8', 'GR3', 'L10'],
  scenario: 'rebalance-storm',
  file: 'core/group/joining.ts',
  find: '      if (oldId === undefined) this.#addAndRebalance',
  replace: `      zoo.differs(oldId !== undefined);
      if (oldId === undefined || oldId.length > 0) this.#addAndRebalance`,
} satisfies Mutant;
