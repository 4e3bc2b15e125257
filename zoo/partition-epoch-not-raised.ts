import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a change of the ISR alone does not raise the partition epoch',
  source: ['KIP-497'],
  difficulty: 'easy',
  expects: ['C6', 'C8'],
  file: 'core/metadata/partition-registration.ts',
  find: `    partitionEpoch: PartitionEpoch(before.partitionEpoch + 1),
  };
}

/** The registration after a Clear`,
  replace: `    partitionEpoch: zoo.instead(PartitionEpoch(before.partitionEpoch + 1), leaderNamed ? PartitionEpoch(before.partitionEpoch + 1) : before.partitionEpoch),
  };
}

/** The registration after a Clear`,
} satisfies Mutant;
