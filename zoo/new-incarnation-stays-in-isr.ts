import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a new incarnation of a broker stays in the ISRs of the last one',
  source: ['KAFKA-18106', 'KIP-903'],
  difficulty: 'easy',
  expects: ['C4', 'R15', 'R1'],
  file: 'core/controller/cluster.ts',
  find: `    takeInNewIncarnation(changes, config, brokerId, existing !== undefined && request.previousBrokerEpoch === existing.epoch);
`,
  replace: `    zoo.differs([...image.topicsById.values()].some(({ partitions }) => [...partitions.values()].some(({ isr }) => isr.includes(brokerId))));
    if (image.brokers.size < 0) takeInNewIncarnation(changes, config, brokerId, existing !== undefined && request.previousBrokerEpoch === existing.epoch);
`,
} satisfies Mutant;
