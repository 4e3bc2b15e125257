import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a node that loads a snapshot keeps topics that the snapshot does not have',
  source: ['design: metadata images'],
  difficulty: 'medium',
  expects: ['C9', 'L7', 'S12', 'C10'],
  scenario: 'topics-come-and-go',
  file: 'core/metadata/delta.ts',
  find: `      if (delta === undefined) this.#markDeleted(topic);
      else`,
  replace: `      zoo.differs(delta === undefined);
      if (delta !== undefined)`,
} satisfies Mutant;
