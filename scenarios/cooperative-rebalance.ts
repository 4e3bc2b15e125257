/**
 * Incremental rebalances of a classic group (KIP-429): members come, go, die and hesitate, and those that stay read on in what does not move. Some go
 * by the eager protocol still, with the same assignor: the group is being upgraded.
 */
import { cooperative } from '../properties/history/cooperative.ts';
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

const READER = {
  'group.id': 'readers',
  'auto.offset.reset': 'earliest',
  'heartbeat.interval.ms': 500,
  'max.poll.interval.ms': 5_000,
} as const;

export default scenario({
  name: 'cooperative-rebalance',
  about:
    'incremental rebalances of a classic group whose members come, go, die and hesitate, while what does not move is read on',
  cluster: {
    brokers: 3,
    controllers: 3,
    properties: {
      'min.insync.replicas': 2,
      'offsets.topic.num.partitions': oneOf(1, 2),
      'group.initial.rebalance.delay.ms': oneOf(0, 1_000),
      'group.min.session.timeout.ms': 1_000,
    },
  },
  topics: [
    { name: 'orders', partitions: between(3, 8), replicationFactor: 3 },
    { name: 'payments', partitions: between(1, 3), replicationFactor: 3 },
  ],
  clients: [
    {
      name: 'writer',
      count: 2,
      run: writer,
      properties: { acks: 'all' },
      params: { topics: 'orders,payments', perSecond: 10, keys: 20 },
    },
    {
      name: 'reader',
      count: between(2, 5),
      run: groupReader,
      properties: {
        ...READER,
        'session.timeout.ms': oneOf(2_000, 6_000),
        'partition.assignment.strategy': 'cooperative-sticky',
        'max.poll.records': oneOf(2, 500),
      },
      params: {
        topics: 'orders,payments',
        commit: oneOf('sync', 'async', 'auto', 'per-record'),
        leaveEveryMs: oneOf(0, 4_000, 10_000),
        rejoinEveryMs: oneOf(0, 3_000),
        hesitateEvery: oneOf(0, 30),
        hesitateMs: 7_000,
        static: oneOf(false, false, true),
        lateCommits: oneOf(false, true),
      },
    },
    {
      name: 'eager',
      count: oneOf(0, 0, 1, 2),
      run: groupReader,
      properties: {
        ...READER,
        'session.timeout.ms': oneOf(2_000, 6_000),
        'partition.assignment.strategy': 'cooperative-sticky,range',
      },
      params: { topics: 'orders,payments', commit: oneOf('sync', 'auto'), leaveEveryMs: oneOf(0, 5_000) },
    },
  ],

  chaosMs: 30_000,
  faults: {
    kinds: ['client-crash', 'pause', 'client-cut', 'crash', 'isolate', 'flaky-links'],
    atLeast: 3,
    atMost: 16,
    triggers: true,
  },
  checks: [cooperative],
  reaches: { properties: ['GR3', 'GR15'] },
});
