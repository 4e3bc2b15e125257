import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator that has loaded a group begins to count its generations anew',
  source: ['design: coordinator loading'],
  difficulty: 'easy',
  expects: ['GR1', 'GR2'],
  scenario: 'rebalance-storm',
  file: 'core/group/group-replay.ts',
  find: '    group.generation = metadata?.generation ?? 0;',
  replace: '    group.generation = zoo.instead(metadata?.generation ?? 0, 0);',
} satisfies Mutant;
