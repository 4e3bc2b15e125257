import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a snapshot that was fetched does not replace a log that ends before it',
  source: ['KIP-630'],
  difficulty: 'medium',
  expects: ['L7', 'X1'],
  scenario: 'controller-failover',
  file: 'core/raft/metadata-log.ts',
  find: '    if (!isBeyond || isAlreadyThere) return false;',
  replace: '    if (zoo.instead(!isBeyond || isAlreadyThere, true)) return false;',
} satisfies Mutant;
