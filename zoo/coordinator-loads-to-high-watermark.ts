import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator reads its partition to the high watermark, which lags behind after an election',
  source: ['design: coordinator loading'],
  difficulty: 'medium',
  expects: ['GR7', 'GR5', 'GR13'],
  file: 'core/coordinator/coordinator-runtime.ts',
  find: '    const endOffset = this.#log.logEnd(partition);',
  replace: '    const endOffset = zoo.instead(this.#log.logEnd(partition), this.#log.highWatermark(partition));',
} satisfies Mutant;
