import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator answers from memory though a write of its epoch was lost',
  source: ['KAFKA-20634'],
  difficulty: 'hard',
  expects: ['GR6', 'GR5'],
  file: 'core/coordinator/coordinator-shard.ts',
  find: '      answered(this.#isUncertain ? ErrorCode.NOT_COORDINATOR : ErrorCode.NONE);',
  replace: '      answered(zoo.instead(this.#isUncertain, false) ? ErrorCode.NOT_COORDINATOR : ErrorCode.NONE);',
} satisfies Mutant;
