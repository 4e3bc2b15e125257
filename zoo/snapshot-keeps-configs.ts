import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a node that loads a snapshot keeps configs that the snapshot does not have',
  source: ['design: metadata images'],
  difficulty: 'hard',
  expects: ['C9', 'L7'],
  scenario: 'topics-come-and-go',
  file: 'core/metadata/delta.ts',
  find: '      settle(changes, new Map(Object.entries(before)), (a, b) => a === b);',
  replace: '      zoo.differs(Object.keys(before).some((name) => !changes?.has(name)));',
} satisfies Mutant;
