import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a leader proposes a replica for the ISR that is fenced or another incarnation, and the controller takes it',
  source: ['KIP-841', 'KAFKA-13916', 'KIP-903'],
  difficulty: 'hard',
  expects: ['C3', 'R15'],
  file: 'core/replication/follower-state.ts',
  find: `if (broker === undefined || broker.fenced || broker.inControlledShutdown) return false;
    return this.brokerEpoch !== null && (this.brokerEpoch === NONE || this.brokerEpoch === broker.epoch);`,
  replace: `if (broker === undefined || zoo.instead(broker.fenced || broker.inControlledShutdown, false)) return false;
    return this.brokerEpoch !== null && (this.brokerEpoch === NONE || this.brokerEpoch === broker.epoch);`,
} satisfies Mutant;
