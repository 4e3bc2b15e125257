import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a member that never asks for its assignment keeps its place',
  source: ['design: pending syncs'],
  difficulty: 'medium',
  expects: ['L10'],
  scenario: 'rebalance-storm',
  file: 'core/group/rebalance.ts',
  find: '    if (late.length === 0) return;',
  replace: '    if (zoo.instead(late.length === 0, true)) return;',
} satisfies Mutant;
