/** Clocks start apart, drift and jump, while retention and timeouts run. */
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'clock-skew',
  about: 'clocks start apart, drift and jump, while retention and timeouts run',
  cluster: { brokers: 3, controllers: 3, properties: { 'min.insync.replicas': 2 } },
  topics: [
    {
      name: 'orders',
      partitions: 3,
      replicationFactor: 3,
      configs: { 'internal.segment.bytes': '4096', 'message.timestamp.type': oneOf('CreateTime', 'LogAppendTime') },
    },
  ],
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
  world: { wallSkewMs: between(0, 60_000), driftPpm: 500 },
  chaosMs: 30_000,
  faults: { kinds: ['clock-jump', 'clock-drift', 'crash', 'pause'], atLeast: 3, atMost: 16, swarm: false },
});
