import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'offsets that a transaction commits count before it is committed',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['T11', 'T12', 'GR6'],
  scenario: 'eos-pipeline',
  file: 'core/group/transactional-offsets.ts',
  find: '        shard.state.addToTransaction(request.producerId, group, { ...offset, logOffset });',
  replace: `        zoo.differs();
        group.offsets.set(topicPartitionKey(offset.topic, offset.partition), { ...offset, logOffset });
        shard.state.addToTransaction(request.producerId, group, { ...offset, logOffset });`,
} satisfies Mutant;
