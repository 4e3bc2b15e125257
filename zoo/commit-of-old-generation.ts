import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a commit of an earlier generation is taken',
  source: ['design: group fencing'],
  difficulty: 'easy',
  expects: ['GR4'],
  scenario: 'rebalance-storm',
  file: 'core/group/offsets.ts',
  find: `    if (generation !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
    if (group.is('CompletingRebalance'))`,
  replace: `    if (zoo.instead(generation !== group.generation, false)) return ErrorCode.ILLEGAL_GENERATION;
    if (group.is('CompletingRebalance'))`,
} satisfies Mutant;
