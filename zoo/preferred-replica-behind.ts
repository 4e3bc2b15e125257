import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a consumer is sent to a follower that does not have its offset yet',
  source: ['KIP-392'],
  difficulty: 'medium',
  expects: ['N4', 'L11'],
  scenario: 'lagging-followers',
  file: 'core/replication/preferred-read-replica.ts',
  find: 'const hasOffset = follower.logEndOffset >= fetchOffset && follower.logStartOffset <= fetchOffset;',
  replace: 'const hasOffset = zoo.instead(follower.logEndOffset >= fetchOffset && follower.logStartOffset <= fetchOffset, true);',
} satisfies Mutant;
