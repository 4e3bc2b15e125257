import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a consumer that does not know of follower reads is served by a follower',
  source: ['KAFKA-9004'],
  difficulty: 'hard',
  expects: ['R18', 'N4'],
  scenario: 'lagging-followers',
  file: 'core/replication/partition-fetches.ts',
  find: '    const error = state.checkAccess(request.currentLeaderEpoch, isFollower || params.client === null);',
  replace:
    '    const error = state.checkAccess(request.currentLeaderEpoch, zoo.instead(isFollower || params.client === null, isFollower));',
} satisfies Mutant;
