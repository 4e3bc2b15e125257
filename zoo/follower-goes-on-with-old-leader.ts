import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower goes on fetching from the leader of the last epoch',
  source: ['design: leader epochs'],
  difficulty: 'easy',
  expects: ['L4', 'L5', 'R19'],
  file: 'core/replication/replica-assignments.ts',
  find: `    this.#fetchers.remove(partition);
    if (view.leader !== NO_LEADER)`,
  replace: `    zoo.differs();
    if (view.leader !== NO_LEADER)`,
  masked: 'the old leader refuses who names a newer epoch, and what it answered before is not applied in the new one',
} satisfies Mutant;
