import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a transactional commit of an earlier generation is taken',
  source: ['KIP-447'],
  difficulty: 'medium',
  expects: ['GR4', 'T12'],
  scenario: 'eos-pipeline',
  file: 'core/group/transactional-offsets.ts',
  find: '    return generation === group.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;',
  replace: '    return zoo.instead(generation === group.generation, true) ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;',
} satisfies Mutant;
