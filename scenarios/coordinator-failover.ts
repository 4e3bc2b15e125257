/** The transaction coordinator moves again and again, also back to where it was while the one in between still loads. */
import { oneOf, scenario } from './scenario.ts';
import { committedGroupReader, TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { leaderMover } from './workloads/leader-mover.ts';
import { transactionalWriter } from './workloads/transactional-writer.ts';

export default scenario({
  name: 'coordinator-failover',
  about: 'the transaction coordinator moves again and again, also back while the one in between still loads',
  cluster: {
    brokers: 3,
    controllers: 3,
    features: { 'transaction.version': oneOf(2, 2, 1, 0) },
    properties: {
      ...TRANSACTIONAL_BROKERS,
      'transaction.state.log.num.partitions': oneOf(1, 1, 2),
      'transaction.state.log.load.buffer.size': oneOf(100, 300, 2_000),
      'auto.leader.rebalance.enable': false,
    },
  },
  topics: [{ name: 'orders', partitions: 2, replicationFactor: 3 }],
  clients: [
    {
      name: 'writer',
      count: 4,
      run: transactionalWriter,
      properties: TRANSACTIONAL_PRODUCER,
      params: { topics: 'orders', perSecond: 4, pipelined: oneOf(true, false), abortOneIn: 4 },
    },
    { name: 'mover', count: 1, run: leaderMover, params: { moves: '__transaction_state', everyMs: oneOf(500, 2_000) } },
    committedGroupReader('orders'),
  ],

  world: { buggify: oneOf(true, false) },
  chaosMs: 30_000,
  faults: {
    kinds: [
      'crash',
      'controlled-shutdown',
      'pause',
      'isolate',
      'slow-disk',
      'slow-process',
      'slow-metadata',
      'stuck-connections',
    ],
    atLeast: 4,
    atMost: 16,
    triggers: true,
    transactionWindowsOneIn: 1,
    always: [
      {
        kind: 'crash',
        on: { event: 'transaction-coordinator-loading', nth: 2, afterMs: 1 },
        target: { role: 'emitter' },
        forMs: 4_000,
        params: {},
      },
    ],
  },
  reaches: {
    properties: ['T1', 'T3', 'T4', 'T8', 'GR13'],
    steps: [
      'Ongoing -> PrepareCommit',
      'PrepareCommit -> CompleteCommit',
      'Ongoing -> PrepareAbort',
      'PrepareAbort -> CompleteAbort',
    ],
  },
});
