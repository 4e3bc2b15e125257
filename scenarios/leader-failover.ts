/** Leaders die, stop and are cut off, again and again. */
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'leader-failover',
  about: 'partition leaders die, stop and are cut off, again and again',
  cluster: {
    brokers: between(3, 5),
    controllers: 3,
    properties: {
      'min.insync.replicas': 2,
      'broker.session.timeout.ms': 3_000,
      'broker.heartbeat.interval.ms': 500,
      'replica.lag.time.max.ms': oneOf(2_000, 10_000),
    },
  },
  topics: [{ name: 'orders', partitions: 3, replicationFactor: 3 }],
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
      count: 2,
      run: groupReader,
      properties: {
        'group.id': 'readers',
        'auto.offset.reset': 'earliest',
        'session.timeout.ms': 6_000,
        'heartbeat.interval.ms': 1_000,
      },
      params: { topics: 'orders', commit: 'sync' },
    },
  ],

  chaosMs: 30_000,
  faults: {
    kinds: ['crash', 'pause', 'isolate', 'one-way-cut', 'pair-cut', 'crash-loop', 'reset-connections'],
    atLeast: 3,
    atMost: 12,
    triggers: true,
  },
});
