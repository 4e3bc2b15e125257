/** Followers lag without leaving the in-sync set: retention waits for the high watermark, and who reads from followers overtakes them. */
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { scanner } from './workloads/scanner.ts';
import { writer } from './workloads/writer.ts';

const FOLLOWER = { role: 'in-sync-follower', partition: 'orders-0' } as const;

export default scenario({
  name: 'lagging-followers',
  about: 'followers lag in sync: retention waits for the high watermark, and who reads from followers overtakes them',
  cluster: {
    brokers: 3,
    controllers: oneOf(1, 3),
    racks: 3,
    properties: {
      'min.insync.replicas': 1,
      // So that a follower that is cut off stays in sync, and the high watermark waits for it.
      'replica.lag.time.max.ms': oneOf(10_000, 30_000),
      'replica.fetch.max.bytes': oneOf(300, 1_048_576),
      'replica.fetch.wait.max.ms': 100,
      'replica.socket.timeout.ms': oneOf(1_000, 30_000),
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
      'log.retention.check.interval.ms': oneOf(500, 2_000),
      'log.initial.task.delay.ms': 500,
      'log.segment.delete.delay.ms': oneOf(0, 1_000, 60_000),
      'log.index.interval.bytes': 64,
      'broker.session.timeout.ms': oneOf(3_000, 9_000),
      'broker.heartbeat.interval.ms': 500,
    },
  },
  topics: [
    {
      name: 'orders',
      partitions: between(1, 2),
      replicationFactor: 3,
      configs: {
        'internal.segment.bytes': oneOf('2048', '8192'),
        'retention.bytes': oneOf('2048', '16384'),
        'retention.ms': oneOf(undefined, '3000'),
      },
    },
  ],
  clients: [
    {
      name: 'writer',
      count: between(1, 2),
      run: writer,
      properties: { 'batch.size': 1_000, 'request.timeout.ms': 5_000, 'delivery.timeout.ms': 20_000 },
      together: [[{ acks: '1', 'enable.idempotence': false }, { acks: 'all' }]],
      params: { topics: 'orders', perSecond: oneOf(20, 50), bytes: oneOf(100, 300) },
    },
    {
      name: 'scanner',
      count: between(1, 3),
      run: scanner,
      properties: {
        'client.rack': oneOf('rack-0', 'rack-1', 'rack-2'),
        'metadata.max.age.ms': oneOf(500, 5_000, 300_000),
        'request.timeout.ms': 5_000,
        'fetch.max.wait.ms': oneOf(50, 500),
      },
      params: { topics: 'orders', restartEveryMs: oneOf(0, 4_000), restMs: oneOf(0, 2_000) },
    },
    {
      name: 'reader',
      count: between(0, 2),
      run: groupReader,
      properties: {
        'group.id': 'readers',
        'auto.offset.reset': 'earliest',
        'client.rack': oneOf(undefined, 'rack-1'),
        'session.timeout.ms': 6_000,
        'heartbeat.interval.ms': 1_000,
        'metadata.max.age.ms': oneOf(500, 300_000),
      },
      params: { topics: 'orders', commit: oneOf('sync', 'async') },
    },
  ],

  chaosMs: 30_000,
  faults: {
    kinds: [
      'slow-process',
      'one-way-cut',
      'pair-cut',
      'bandwidth-collapse',
      'disk-stall',
      'pause',
      'crash',
      'power-loss',
      'stuck-connections',
    ],
    atLeast: 2,
    atMost: 10,
    triggers: true,
    // One that always happens: for long enough that what is written meanwhile fills several segments.
    always: [{ kind: 'pause', atMs: 4_000, target: FOLLOWER, forMs: 6_000, params: {} }],
  },
});
