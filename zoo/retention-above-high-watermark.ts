import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'retention deletes segments that are not below the high watermark',
  source: ['design: retention'],
  difficulty: 'medium',
  expects: ['S7', 'X1', 'J4'],
  file: 'core/log/retention.ts',
  find: '    if (endOffset > view.highWatermark) break;',
  replace: '    if (zoo.instead(endOffset > view.highWatermark, false)) break;',
} satisfies Mutant;
