import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'read_committed goes up to the high watermark, through transactions that are open',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['R18', 'T6', 'T7', 'J5'],
  scenario: 'mixed-isolation',
  file: 'core/log/log-offsets.ts',
  find: '    if (unstable === null) return this.highWatermark;',
  replace: '    if (zoo.instead(unstable === null, true) || unstable === null) return this.highWatermark;',
} satisfies Mutant;
