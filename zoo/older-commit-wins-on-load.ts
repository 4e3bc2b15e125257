import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'of two commits the one that comes first in the log counts after a load',
  source: ['design: coordinator loading'],
  difficulty: 'easy',
  expects: ['GR13', 'GR5', 'GR6'],
  file: 'core/group/group-replay.ts',
  find: `      this.state.getOrCreate(group).offsets.set(topicPartitionKey(offset.topic, offset.partition), offset);
      return;`,
  replace: `      const { offsets } = this.state.getOrCreate(group);
      const key = topicPartitionKey(offset.topic, offset.partition);
      zoo.differs(offsets.has(key));
      if (!offsets.has(key)) offsets.set(key, offset);
      return;`,
} satisfies Mutant;
