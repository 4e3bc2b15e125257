/** Members come, go, die and hesitate, so that the group rebalances all the time. */
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'rebalance-storm',
  about: 'members come, go, die and hesitate, so that the group rebalances all the time',
  cluster: {
    brokers: 3,
    controllers: 3,
    properties: {
      'min.insync.replicas': 2,
      'group.initial.rebalance.delay.ms': oneOf(0, 1_000),
      'group.min.session.timeout.ms': 1_000,
    },
  },
  topics: [{ name: 'orders', partitions: between(3, 8), replicationFactor: 3 }],
  clients: [
    {
      name: 'writer',
      count: 2,
      run: writer,
      properties: { acks: 'all' },
      params: { topics: 'orders', perSecond: 10, keys: 20 },
    },
    {
      name: 'reader',
      count: between(3, 6),
      run: groupReader,
      properties: {
        'group.id': 'readers',
        'auto.offset.reset': 'earliest',
        'session.timeout.ms': oneOf(2_000, 6_000),
        'heartbeat.interval.ms': 500,
        'max.poll.interval.ms': 5_000,
        'auto.commit.interval.ms': oneOf(500, 5_000),
        'partition.assignment.strategy': oneOf('range,roundrobin,sticky', 'roundrobin,sticky,range', 'sticky,range,roundrobin'),
      },
      params: {
        topics: 'orders',
        commit: oneOf('sync', 'async', 'auto'),
        leaveEveryMs: oneOf(0, 4_000, 10_000),
        static: oneOf(false, true),
        hesitateEvery: oneOf(0, 30),
        hesitateMs: 7_000,
        workMs: oneOf(0, 300),
      },
    },
  ],

  chaosMs: 30_000,
  faults: {
    kinds: ['client-crash', 'pause', 'client-cut', 'crash', 'isolate', 'flaky-links'],
    atLeast: 3,
    atMost: 16,
    triggers: true,
  },
});
