import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a leader of the quorum serves a replica whose log has parted from its own',
  source: ['KIP-595'],
  difficulty: 'easy',
  expects: ['K4', 'K5', 'X1'],
  scenario: 'controller-failover',
  file: 'core/raft/metadata-log.ts',
  find: `return end.epoch !== epoch || end.offset < offset ? { kind: 'diverging', end } : VALID;`,
  replace: `return zoo.instead(end.epoch !== epoch || end.offset < offset, false) ? { kind: 'diverging', end } : VALID;`,
} satisfies Mutant;
