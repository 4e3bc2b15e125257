import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a partition is told to be in the transaction before the record of that is committed',
  source: ['design: add before answer'],
  difficulty: 'medium',
  expects: ['T9', 'T4', 'T1'],
  scenario: 'coordinator-failover',
  file: 'core/transaction/partition-additions.ts',
  find: `    states.append({ shard, metadata, next, reason: 'add-partitions' }, { answered: done });`,
  replace: `    zoo.differs();
    states.append({ shard, metadata, next, reason: 'add-partitions' }, {});
    done(ErrorCode.NONE);`,
} satisfies Mutant;
