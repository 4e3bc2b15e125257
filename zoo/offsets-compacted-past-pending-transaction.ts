import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a log is compacted up to its high watermark, past transactions that are open: offsets that a pending one replaces go',
  source: ['KIP-98'],
  difficulty: 'medium',
  expects: ['S5', 'GR6', 'T11'],
  scenario: 'compaction',
  file: 'core/log/cleaner/log-to-clean.ts',
  find: 'lesser(lastStableOffset, young?.baseOffset ?? active)',
  replace: 'lesser(zoo.instead(lastStableOffset, offsets.highWatermark), young?.baseOffset ?? active)',
} satisfies Mutant;
