import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a consumer is sent to a replica that is fenced',
  source: ['KAFKA-14379'],
  difficulty: 'medium',
  expects: ['R24', 'L11'],
  scenario: 'lagging-followers',
  file: 'core/replication/preferred-read-replica.ts',
  find: 'const isAlive = broker !== undefined && !broker.fenced && broker.endpoints.has(client.listener);',
  replace: 'const isAlive = broker !== undefined && zoo.instead(!broker.fenced, true) && broker.endpoints.has(client.listener);',
  masked: 'who is fenced leaves the ISR in the same step, and who is not in it is passed over',
} satisfies Mutant;
