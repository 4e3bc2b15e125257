import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the controller admits a broker to an ISR for what an earlier incarnation of it had',
  source: ['KIP-903', 'KAFKA-14617'],
  difficulty: 'hard',
  expects: ['R15', 'R17', 'R1'],
  file: 'core/controller/alter-partition.ts',
  find: '  return brokerEpoch === NONE || brokerEpoch === broker.epoch;',
  replace: '  return zoo.instead(brokerEpoch === NONE || brokerEpoch === broker.epoch, true);',
} satisfies Mutant;
