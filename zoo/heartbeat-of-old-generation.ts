import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a member of an earlier generation is told that all is well',
  source: ['design: group fencing'],
  difficulty: 'medium',
  expects: ['L10', 'GR3', 'GR4'],
  scenario: 'rebalance-storm',
  file: 'core/group/membership.ts',
  find: `    if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
    if (group.is('Empty'))`,
  replace: `    if (zoo.instead(request.generationId !== group.generation, false)) return ErrorCode.ILLEGAL_GENERATION;
    if (group.is('Empty'))`,
} satisfies Mutant;
