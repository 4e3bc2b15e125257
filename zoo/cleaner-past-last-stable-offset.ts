import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a cleaner goes on to the active segment, whatever is committed and decided',
  source: ['KIP-98', 'KAFKA-5231'],
  difficulty: 'easy',
  expects: ['S5', 'X1', 'R20'],
  scenario: 'compaction',
  file: 'core/log/cleaner/log-to-clean.ts',
  find: 'lesser(lastStableOffset, young?.baseOffset ?? active)',
  replace: 'zoo.instead(lesser(lastStableOffset, young?.baseOffset ?? active), young?.baseOffset ?? active)',
} satisfies Mutant;
