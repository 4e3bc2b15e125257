/** The network falls apart in every way it can. */
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'network-partition',
  about: 'the network falls apart in every way it can',
  cluster: {
    brokers: between(3, 5),
    controllers: oneOf(3, 5),
    combined: oneOf(true, false),
    properties: {
      'min.insync.replicas': 2,
      'broker.session.timeout.ms': oneOf(3_000, 9_000),
      'broker.heartbeat.interval.ms': 1_000,
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
    kinds: [
      'isolate',
      'one-way-cut',
      'pair-cut',
      'split',
      'bridge',
      'ring',
      'client-cut',
      'flaky-links',
      'latency-storm',
      'bandwidth-collapse',
      'refuse-connections',
      'reset-connections',
      'odd-frames',
    ],
    atLeast: 3,
    atMost: 14,
    triggers: true,
  },
});
