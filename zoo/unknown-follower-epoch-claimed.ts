import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a leader names no incarnation for the replicas that it proposes for the ISR',
  source: ['KIP-903', 'KAFKA-14617'],
  difficulty: 'hard',
  expects: ['R15'],
  file: 'core/replication/isr-changes.ts',
  find: 'return leader.followers.get(brokerId)?.brokerEpoch ?? NONE;',
  replace: 'return zoo.instead(leader.followers.get(brokerId)?.brokerEpoch ?? NONE, NONE);',
} satisfies Mutant;
