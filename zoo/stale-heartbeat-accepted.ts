import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the heartbeat of an earlier incarnation of a broker counts',
  source: ['KIP-631'],
  difficulty: 'medium',
  expects: ['C2', 'C3', 'C16'],
  file: 'core/controller/cluster.ts',
  find: '  if (broker.epoch !== brokerEpoch) {',
  replace: '  if (zoo.instead(broker.epoch !== brokerEpoch, false)) {',
} satisfies Mutant;
