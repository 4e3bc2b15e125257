/** Transactional and plain writers beside each other, and readers of either isolation level. */
import { between, oneOf, scenario } from './scenario.ts';
import { TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { groupReader } from './workloads/group-reader.ts';
import { scanner } from './workloads/scanner.ts';
import { transactionalWriter } from './workloads/transactional-writer.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'mixed-isolation',
  about: 'transactional and plain writers beside each other, and readers of either isolation level',
  cluster: {
    brokers: between(3, 4),
    controllers: 3,
    racks: 3,
    features: { 'transaction.version': oneOf(2, 2, 1, 0) },
    properties: {
      ...TRANSACTIONAL_BROKERS,
      'replica.selector.class': oneOf(undefined, 'org.apache.kafka.common.replica.RackAwareReplicaSelector'),
      'log.index.interval.bytes': oneOf(64, 4_096),
    },
  },
  topics: [
    {
      name: 'orders',
      partitions: between(1, 3),
      replicationFactor: 3,
      configs: {
        'internal.segment.bytes': oneOf('2048', '16384', undefined),
        'message.timestamp.type': oneOf('CreateTime', 'LogAppendTime'),
      },
    },
  ],
  clients: [
    {
      name: 'transactional',
      count: between(1, 3),
      run: transactionalWriter,
      properties: TRANSACTIONAL_PRODUCER,
      params: {
        topics: 'orders',
        perSecond: oneOf(1, 5),
        records: oneOf(1, 10),
        pipelined: oneOf(true, false),
        abortOneIn: oneOf(2, 5),
        stallOneIn: oneOf(0, 5),
        stallMs: 4_000,
      },
    },
    {
      name: 'plain',
      count: between(1, 2),
      run: writer,
      properties: { acks: 'all', 'enable.idempotence': oneOf(true, true, false) },
      params: { topics: 'orders', perSecond: oneOf(2, 10), bytes: oneOf(0, 300) },
    },
    {
      name: 'scanner',
      count: between(1, 3),
      run: scanner,
      properties: {
        'isolation.level': oneOf('read_committed', 'read_uncommitted'),
        'client.rack': oneOf(undefined, 'rack-0', 'rack-1'),
        'max.poll.records': oneOf(3, 500),
        'fetch.max.wait.ms': oneOf(50, 500),
        'request.timeout.ms': 5_000,
      },
      params: { topics: 'orders', restartEveryMs: oneOf(0, 6_000), restMs: oneOf(0, 3_000) },
    },
    {
      name: 'reader',
      count: between(1, 2),
      run: groupReader,
      properties: {
        'isolation.level': oneOf('read_committed', 'read_uncommitted'),
        'group.id': 'readers',
        'auto.offset.reset': 'earliest',
        'session.timeout.ms': 6_000,
        'heartbeat.interval.ms': 1_000,
      },
      params: { topics: 'orders', commit: oneOf('sync', 'async') },
    },
  ],

  world: { buggify: oneOf(true, false) },
  chaosMs: 30_000,
  faults: {
    kinds: [
      'crash',
      'pause',
      'isolate',
      'one-way-cut',
      'client-crash',
      'power-loss',
      'slow-process',
      'stuck-connections',
      'reset-connections',
    ],
    atLeast: 3,
    atMost: 14,
    triggers: true,
    transactionWindowsOneIn: 3,
  },
  reaches: {
    properties: ['J5', 'J6', 'T1', 'T6', 'T7'],
    steps: [
      'Ongoing -> PrepareCommit',
      'PrepareCommit -> CompleteCommit',
      'Ongoing -> PrepareAbort',
      'PrepareAbort -> CompleteAbort',
    ],
  },
});
