import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'every restart of a broker counts as one after a clean shutdown',
  source: ['KAFKA-15586', 'KIP-966'],
  difficulty: 'medium',
  expects: ['C4', 'C18'],
  file: 'core/controller/cluster.ts',
  find: 'existing !== undefined && request.previousBrokerEpoch === existing.epoch);',
  replace: 'zoo.instead(existing !== undefined && request.previousBrokerEpoch === existing.epoch, true));',
} satisfies Mutant;
