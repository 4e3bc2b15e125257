import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a node that loads a snapshot keeps brokers that the snapshot does not have',
  source: ['design: metadata images'],
  difficulty: 'hard',
  expects: ['C9', 'L7'],
  scenario: 'controller-failover',
  file: 'core/metadata/delta.ts',
  find: `    settle(this.#brokers, image.brokers, brokersEqual);
`,
  replace: `    zoo.differs([...image.brokers.keys()].some((id) => !this.#brokers.has(id)));
`,
} satisfies Mutant;
