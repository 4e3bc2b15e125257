import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator reads only the first buffer of its partition',
  source: ['design: coordinator loading'],
  difficulty: 'easy',
  expects: ['GR7', 'GR13', 'GR5'],
  file: 'core/coordinator/coordinator-runtime.ts',
  find: '      next = read.endOffset > next ? read.endOffset : endOffset;',
  replace: '      next = zoo.instead(read.endOffset > next ? read.endOffset : endOffset, endOffset);',
} satisfies Mutant;
