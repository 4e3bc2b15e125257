import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'newer metadata does not end an ISR change that is in flight',
  source: ['KAFKA-14144'],
  difficulty: 'medium',
  expects: ['L6', 'L4', 'R7'],
  file: 'core/replication/partition.ts',
  find: '      const isNewer = view.partitionEpoch > state.partitionEpoch;',
  replace: `      const isNewer = zoo.instead(
        view.partitionEpoch > state.partitionEpoch,
        view.partitionEpoch > state.partitionEpoch && leader.isr.kind === 'committed',
      );`,
} satisfies Mutant;
