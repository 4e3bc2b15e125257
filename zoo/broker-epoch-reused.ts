import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a new incarnation of a broker gets the epoch of the last one',
  source: ['KIP-841', 'KIP-903'],
  difficulty: 'medium',
  expects: ['C2', 'C4', 'X1'],
  file: 'core/controller/cluster.ts',
  find: 'const brokerEpoch = isSameIncarnation ? existing.epoch : BrokerEpoch(changes.baseOffset);',
  replace:
    'const brokerEpoch = zoo.instead(isSameIncarnation ? existing.epoch : BrokerEpoch(changes.baseOffset), existing?.epoch ?? BrokerEpoch(changes.baseOffset));',
} satisfies Mutant;
