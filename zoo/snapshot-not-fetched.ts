import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a replica that is below the start of the leader's log is not sent to the snapshot`,
  source: ['KIP-630'],
  difficulty: 'medium',
  expects: ['L7', 'L2', 'X1'],
  scenario: 'controller-failover',
  file: 'core/raft/metadata-log.ts',
  find: '      if (isBelow || (offset',
  replace: '      if (zoo.instead(isBelow, false) || (offset',
} satisfies Mutant;
