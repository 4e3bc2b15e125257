import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a repetition of a batch that is in the log is appended again',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['I1', 'J2'],
  file: 'core/log/producer-state.ts',
  find: `      if (batch !== null) return { kind: 'duplicate', batch };`,
  replace: `      if (zoo.instead(batch !== null, false) && batch !== null) return { kind: 'duplicate', batch };
      if (batch !== null) return ACCEPT;`,
} satisfies Mutant;
