import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'of several commits that come together a node applies only the last',
  source: ['design: metadata images'],
  difficulty: 'medium',
  expects: ['C9', 'C10', 'L7', 'X1'],
  scenario: 'controller-failover',
  file: 'core/metadata/loader.ts',
  find: `    for (const batch of batches) {
      const applied`,
  replace: `    zoo.differs(batches.length > 1);
    for (const batch of batches.slice(-1)) {
      const applied`,
} satisfies Mutant;
