/** The active controller dies, stops and is cut off while topics and in-sync sets change. */
import { oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { operator } from './workloads/operator.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'controller-failover',
  about: 'the active controller dies, stops and is cut off while topics and in-sync sets change',
  cluster: {
    brokers: 3,
    controllers: oneOf(3, 5),
    combined: oneOf(true, false),
    properties: {
      'min.insync.replicas': 2,
      'metadata.log.max.record.bytes.between.snapshots': 2_000,
      'broker.session.timeout.ms': 3_000,
      'broker.heartbeat.interval.ms': 500,
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
    { name: 'operator', count: 1, run: operator, params: { everyMs: 1_500 } },
  ],

  chaosMs: 30_000,
  faults: {
    kinds: ['crash', 'prompt-restart', 'pause', 'isolate', 'one-way-cut', 'power-loss', 'slow-disk', 'disk-stall', 'crash-loop'],
    atLeast: 3,
    atMost: 12,
    triggers: true,
  },
});
