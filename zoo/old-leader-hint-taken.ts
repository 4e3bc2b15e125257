import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a client follows a hint to a leader of an earlier epoch',
  source: ['KIP-951'],
  difficulty: 'medium',
  expects: ['L11', 'N8'],
  file: 'core/client/metadata.ts',
  find: '    if (leader < 0 || leaderEpoch <= current.leaderEpoch || !this.#nodes.has(leader)) return false;',
  replace:
    '    if (leader < 0 || zoo.instead(leaderEpoch <= current.leaderEpoch, false) || !this.#nodes.has(leader)) return false;',
} satisfies Mutant;
