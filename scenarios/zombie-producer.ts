/** Several processes have one transactional id, and each that comes back fences the others, whose requests may still be under way. */
import { between, oneOf, scenario } from './scenario.ts';
import { committedGroupReader, TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { transactionalWriter } from './workloads/transactional-writer.ts';

export default scenario({
  name: 'zombie-producer',
  about: 'several processes have one transactional id: who comes back fences the others, whose requests may still be under way',
  cluster: {
    brokers: 3,
    controllers: 3,
    features: { 'transaction.version': oneOf(2, 2, 1, 0) },
    properties: TRANSACTIONAL_BROKERS,
  },
  topics: [{ name: 'orders', partitions: between(2, 3), replicationFactor: 3 }],
  clients: [
    {
      name: 'zombie',
      count: between(2, 3),
      run: transactionalWriter,
      properties: { ...TRANSACTIONAL_PRODUCER, 'transactional.id': 'shared' },
      params: {
        topics: 'orders',
        perSecond: oneOf(3, 10),
        records: oneOf(2, 6),
        pipelined: oneOf(true, false),
        abortOneIn: oneOf(0, 5),
        stallOneIn: oneOf(0, 6),
        stallMs: oneOf(1_000, 5_000),
        restOneIn: oneOf(0, 5),
        restMs: 2_000,
      },
    },
    committedGroupReader('orders'),
  ],

  world: { buggify: oneOf(true, false) },
  chaosMs: 30_000,
  faults: {
    kinds: ['pause', 'client-crash', 'client-cut', 'stuck-connections', 'latency-storm', 'crash', 'reset-connections'],
    atLeast: 3,
    atMost: 16,
    triggers: true,
    transactionWindowsOneIn: 2,
  },
  reaches: {
    properties: ['T1', 'T5', 'I6', 'L13'],
    steps: [
      'CompleteCommit -> Empty',
      'CompleteAbort -> Empty',
      'Ongoing -> PrepareEpochFence',
      'PrepareEpochFence -> PrepareAbort',
      'Ongoing -> PrepareCommit',
      'PrepareCommit -> CompleteCommit',
      'Ongoing -> PrepareAbort',
      'PrepareAbort -> CompleteAbort',
    ],
  },
});
