import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the controller does not compare the partition epoch of an ISR change',
  source: ['KIP-497'],
  difficulty: 'hard',
  expects: ['C8', 'R7', 'R1'],
  file: 'core/controller/alter-partition.ts',
  find: 'if (data.partitionEpoch < partition.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION;',
  replace: 'if (zoo.instead(data.partitionEpoch < partition.partitionEpoch, false)) return ErrorCode.INVALID_UPDATE_VERSION;',
} satisfies Mutant;
