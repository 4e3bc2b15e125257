/** Logs are compacted all the time, the topics of the coordinators too, while brokers die in the middle of it. */
import { compaction } from '../properties/internal/compaction.ts';
import { between, oneOf, scenario } from './scenario.ts';
import { COMMITTED_READER, TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { groupReader } from './workloads/group-reader.ts';
import { pipeline } from './workloads/pipeline.ts';
import { scanner } from './workloads/scanner.ts';
import { transactionalWriter } from './workloads/transactional-writer.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'compaction',
  about: 'logs are compacted all the time, those of the coordinators too, while brokers die in the middle of it',
  cluster: {
    brokers: between(3, 4),
    controllers: 3,
    racks: 3,
    logDirs: oneOf(1, 1, 2),
    features: { 'transaction.version': oneOf(2, 2, 1, 0) },
    properties: {
      ...TRANSACTIONAL_BROKERS,
      'replica.lag.time.max.ms': oneOf(2_000, 10_000),
      'replica.selector.class': oneOf(undefined, 'org.apache.kafka.common.replica.RackAwareReplicaSelector'),
      'log.cleaner.enable': true,
      'log.cleaner.backoff.ms': oneOf(200, 1_000, 3_000),
      'log.cleaner.min.cleanable.ratio': oneOf(0.01, 0.2, 0.5),
      'log.cleaner.delete.retention.ms': oneOf(0, 2_000, 10_000, 10_000, 86_400_000),
      'log.cleaner.min.compaction.lag.ms': oneOf(0, 0, 2_000),
      'log.cleaner.max.compaction.lag.ms': oneOf(undefined, undefined, 5_000),
      // So little that a log takes several rounds, and a segment several steps.
      'log.cleaner.dedupe.buffer.size': oneOf(undefined, 200, 1_000),
      'log.cleaner.io.buffer.size': oneOf(undefined, 1_000),
      'log.cleaner.io.max.bytes.per.second': oneOf(undefined, undefined, 20_000),
      'log.cleaner.threads': oneOf(1, 1, 2),
      'log.segment.delete.delay.ms': oneOf(undefined, 0, 1_000),
      'offsets.topic.segment.bytes': oneOf(1_024, 4_096),
      'transaction.state.log.segment.bytes': oneOf(1_024, 4_096),
    },
    together: [
      [
        {},
        // A producer that is forgotten between two of its batches: its last batch need not stay.
        { 'producer.id.expiration.ms': 4_000, 'producer.id.expiration.check.interval.ms': 500 },
      ],
      [
        {},
        // Transactional ids that are forgotten, and leave tombstones.
        { 'transactional.id.expiration.ms': 1_000, 'transaction.remove.expired.transaction.cleanup.interval.ms': 500 },
        { 'transactional.id.expiration.ms': 1_000, 'transaction.remove.expired.transaction.cleanup.interval.ms': 500 },
      ],
    ],
  },
  topics: [
    {
      name: 'table',
      partitions: between(1, 2),
      replicationFactor: 3,
      configs: {
        'cleanup.policy': oneOf('compact', 'compact', 'compact,delete'),
        'internal.segment.bytes': oneOf('1024', '4096'),
      },
    },
    { name: 'orders', partitions: between(1, 2), replicationFactor: 3 },
    { name: 'events', partitions: 1, replicationFactor: 3 },
  ],
  clients: [
    {
      name: 'writer',
      count: between(1, 2),
      run: writer,
      properties: {
        acks: 'all',
        'linger.ms': oneOf(0, 20),
        'compression.type': oneOf('none', 'gzip', 'lz4'),
        'request.timeout.ms': 5_000,
        'delivery.timeout.ms': 30_000,
      },
      params: {
        topics: oneOf('table', 'table,orders'),
        perSecond: oneOf(5, 20),
        keys: oneOf(2, 10, 50),
        bytes: oneOf(0, 100),
        deletesFrom: oneOf('table', 'table', undefined),
        deleteOneIn: oneOf(2, 5, 20),
      },
    },
    {
      name: 'transactional',
      count: between(0, 2),
      run: transactionalWriter,
      properties: TRANSACTIONAL_PRODUCER,
      params: {
        topics: 'table,orders',
        perSecond: oneOf(1, 4),
        records: oneOf(1, 6),
        keys: oneOf(2, 10),
        deletesFrom: oneOf('table', undefined),
        deleteOneIn: oneOf(2, 5),
        abortOneIn: oneOf(2, 5),
        stallOneIn: oneOf(0, 6),
        stallMs: oneOf(2_000, 5_000),
        restOneIn: oneOf(0, 2, 5),
        restMs: oneOf(2_000, 5_000),
      },
    },
    {
      name: 'pipeline',
      count: between(0, 2),
      run: pipeline,
      properties: { ...TRANSACTIONAL_PRODUCER, ...COMMITTED_READER, 'group.id': 'pipelines', 'max.poll.records': oneOf(1, 20) },
      params: { topics: 'orders', to: 'events', abortOneIn: oneOf(0, 4), stallOneIn: oneOf(0, 6), stallMs: 4_000 },
    },
    {
      name: 'reader',
      count: between(1, 2),
      run: groupReader,
      properties: {
        'group.id': 'readers',
        'auto.offset.reset': 'earliest',
        'session.timeout.ms': 6_000,
        'max.poll.records': oneOf(1, 20, 500),
        'isolation.level': oneOf(undefined, 'read_committed'),
      },
      params: { topics: 'table,orders', commit: oneOf('sync', 'per-record'), rejoinEveryMs: oneOf(0, 5_000) },
    },
    {
      name: 'scanner',
      count: 1,
      run: scanner,
      properties: {
        'client.rack': oneOf(undefined, 'rack-0', 'rack-1'),
        'max.poll.records': oneOf(3, 500),
        'isolation.level': oneOf(undefined, 'read_committed'),
      },
      params: { topics: 'table', restartEveryMs: oneOf(2_000, 6_000) },
    },
  ],
  world: { buggify: oneOf(true, false), syncUs: oneOf(200, 10_000), wallSkewMs: oneOf(0, 100) },
  chaosMs: 30_000,
  faults: {
    kinds: ['crash', 'power-loss', 'pause', 'isolate', 'controlled-shutdown', 'client-crash', 'slow-disk', 'reset-connections'],
    atMost: 10,
    triggers: true,
    // In the moment between the two names of a copy.
    always: [
      {
        kind: 'crash',
        on: { event: 'segments-swapping', nth: 10, afterMs: 0 },
        target: { role: 'emitter' },
        forMs: 3_000,
        params: {},
      },
      {
        kind: 'crash',
        on: { event: 'segments-merging', nth: 2, afterMs: 0 },
        target: { role: 'emitter' },
        forMs: 3_000,
        params: {},
      },
      {
        kind: 'power-loss',
        on: { event: 'segments-swapped', nth: 12, afterMs: 0 },
        target: { role: 'emitter' },
        forMs: 3_000,
        params: {},
      },
    ],
  },
  checks: [compaction],
  reaches: { properties: ['R20'] },
});
