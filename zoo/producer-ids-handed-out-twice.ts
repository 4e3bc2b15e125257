import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a block of producer ids is handed out again after a fail-over of the controller',
  source: ['KIP-730', 'KAFKA-12620'],
  difficulty: 'medium',
  expects: ['C13', 'I7'],
  file: 'core/controller/producer-ids.ts',
  find: `changes.add('ProducerIdsRecord', { brokerId, brokerEpoch, nextProducerId: next });`,
  replace: `zoo.differs();
  changes.add('ProducerIdsRecord', { brokerId, brokerEpoch, nextProducerId: first });`,
} satisfies Mutant;
