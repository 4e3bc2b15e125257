import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower counts as having what it is being sent now',
  source: ['design: fetch offsets'],
  difficulty: 'easy',
  expects: ['R8', 'R1'],
  file: 'core/replication/partition-fetches.ts',
  find: 'this.#updateFollower(leader, follower, request, leaderEndOffset, params.replicaEpoch);',
  replace: `zoo.differs(result.endOffset > request.fetchOffset);
    const served = { ...request, fetchOffset: result.records.length > 0 ? result.endOffset : request.fetchOffset };
    this.#updateFollower(leader, follower, served, leaderEndOffset, params.replicaEpoch);`,
} satisfies Mutant;
