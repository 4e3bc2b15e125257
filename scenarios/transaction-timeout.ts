/** Transactions stay open for too long, and ids for so long unused that they are forgotten: the coordinator ends both. */
import { between, oneOf, scenario } from './scenario.ts';
import { committedGroupReader, TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { transactionalWriter } from './workloads/transactional-writer.ts';

export default scenario({
  name: 'transaction-timeout',
  about: 'transactions stay open for too long, and ids unused until they are forgotten',
  cluster: {
    brokers: 3,
    controllers: 3,
    features: { 'transaction.version': oneOf(2, 2, 1, 0) },
    properties: {
      ...TRANSACTIONAL_BROKERS,
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': oneOf(200, 1_000),
      'transactional.id.expiration.ms': oneOf(undefined, 3_000, 8_000),
      'transaction.remove.expired.transaction.cleanup.interval.ms': oneOf(500, 2_000),
    },
  },
  topics: [{ name: 'orders', partitions: between(1, 3), replicationFactor: 3 }],
  clients: [
    {
      name: 'writer',
      count: between(2, 4),
      run: transactionalWriter,
      properties: { ...TRANSACTIONAL_PRODUCER, 'transaction.timeout.ms': oneOf(500, 1_000, 3_000) },
      params: {
        topics: 'orders',
        perSecond: 2,
        pipelined: oneOf(true, false),
        stallOneIn: oneOf(3, 6),
        stallMs: oneOf(1_500, 5_000),
        restOneIn: oneOf(0, 4),
        restMs: oneOf(6_000, 12_000),
      },
    },
    committedGroupReader('orders'),
  ],

  world: { buggify: oneOf(true, false) },
  chaosMs: 40_000,
  faults: {
    kinds: ['client-crash', 'pause', 'crash', 'client-cut', 'stuck-connections', 'clock-jump', 'slow-process'],
    atMost: 12,
    atLeast: 2,
    triggers: true,
    transactionWindowsOneIn: 3,
  },
  reaches: {
    properties: ['T1', 'T5', 'T14', 'L13'],
    steps: [
      'Empty -> Dead',
      'CompleteCommit -> Dead',
      'CompleteAbort -> Dead',
      'Ongoing -> PrepareEpochFence',
      'PrepareEpochFence -> PrepareAbort',
      'Ongoing -> PrepareCommit',
      'PrepareCommit -> CompleteCommit',
      'Ongoing -> PrepareAbort',
      'PrepareAbort -> CompleteAbort',
    ],
  },
});
