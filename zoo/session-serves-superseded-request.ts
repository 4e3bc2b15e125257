import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a session answers a request that a later one has overtaken',
  source: ['KIP-227'],
  difficulty: 'hard',
  expects: ['N2', 'L11', 'X1'],
  file: 'core/replication/fetch-sessions.ts',
  find: '  if (isSuperseded) return',
  replace: '  if (zoo.instead(isSuperseded, false)) return',
} satisfies Mutant;
