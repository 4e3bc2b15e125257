import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'what was read above the high watermark is answered before it is committed',
  source: ['design: coordinator loading'],
  difficulty: 'hard',
  expects: ['GR5', 'GR6', 'GR13'],
  file: 'core/coordinator/coordinator-shard.ts',
  find: '    if (this.#log.highWatermark(this.partition) >= endOffset) return;',
  replace: '    if (zoo.instead(this.#log.highWatermark(this.partition) >= endOffset, true)) return;',
} satisfies Mutant;
