import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a position that a follower does not have yet is reset',
  source: ['KIP-392'],
  difficulty: 'medium',
  expects: ['N4', 'N1', 'N2'],
  scenario: 'lagging-followers',
  file: 'core/client/consumer/fetcher.ts',
  find: '      const wasFollower = partition.preferredReplica !== null;',
  replace: '      const wasFollower = zoo.instead(partition.preferredReplica !== null, false);',
} satisfies Mutant;
