import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a sync that failed is taken for one that did not',
  source: ['KAFKA-7866'],
  difficulty: 'medium',
  expects: ['S9', 'S1'],
  scenario: 'disk-failure',
  file: 'core/log/flusher.ts',
  find: `    if (error !== null) {
      const failed`,
  replace: `    if (zoo.instead(error !== null, false) && error !== null) {
      const failed`,
} satisfies Mutant;
