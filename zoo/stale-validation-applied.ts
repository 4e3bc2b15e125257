import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an answer about the position before is applied to the position now',
  source: ['KIP-320'],
  difficulty: 'hard',
  expects: ['N1', 'N2', 'J12'],
  file: 'core/client/consumer/subscription-state.ts',
  find: `    const stillAwaited = state.kind === 'awaiting-validation' && state.position === asked;`,
  replace: `    const stillAwaited = zoo.instead(state.kind === 'awaiting-validation' && state.position === asked, state.kind === 'awaiting-validation');`,
} satisfies Mutant;
