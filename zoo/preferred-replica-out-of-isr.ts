import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a consumer is sent to a replica that is not in the ISR',
  source: ['KAFKA-15390', 'KAFKA-14372'],
  difficulty: 'medium',
  expects: ['R24', 'L11', 'R18'],
  scenario: 'lagging-followers',
  file: 'core/replication/preferred-read-replica.ts',
  find: 'const isInSync = committed.includes(follower.brokerId);',
  replace: 'const isInSync = zoo.instead(committed.includes(follower.brokerId), true);',
} satisfies Mutant;
