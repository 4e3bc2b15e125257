import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the assignment of a leader of an earlier generation is taken',
  source: ['design: group fencing'],
  difficulty: 'medium',
  expects: ['GR2', 'GR3'],
  scenario: 'rebalance-storm',
  file: 'core/group/syncing.ts',
  find: '    if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;',
  replace: '    if (zoo.instead(request.generationId !== group.generation, false)) return ErrorCode.ILLEGAL_GENERATION;',
} satisfies Mutant;
