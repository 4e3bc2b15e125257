import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a broker that registers again, as the same incarnation, gets a new epoch',
  source: ['KAFKA-16952'],
  difficulty: 'medium',
  expects: ['C2', 'C3', 'C4', 'X1'],
  file: 'core/controller/cluster.ts',
  find: 'const brokerEpoch = isSameIncarnation ? existing.epoch : BrokerEpoch(changes.baseOffset);',
  replace:
    'const brokerEpoch = zoo.instead(isSameIncarnation ? existing.epoch : BrokerEpoch(changes.baseOffset), BrokerEpoch(changes.baseOffset));',
} satisfies Mutant;
