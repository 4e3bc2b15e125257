import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an incremental fetch session keeps the leader epoch that it began with',
  source: ['KAFKA-9338'],
  difficulty: 'medium',
  expects: ['L4', 'L5', 'L11'],
  file: 'core/replication/fetch-sessions.ts',
  find: `    cached.request = partition;
  }
  for`,
  replace: `    zoo.differs(cached.request.currentLeaderEpoch !== partition.currentLeaderEpoch);
    cached.request = { ...partition, currentLeaderEpoch: cached.request.currentLeaderEpoch };
  }
  for`,
} satisfies Mutant;
