/** Swarm over everything: shapes, configurations, workloads and faults are drawn for each seed. */
import { between, oneOf, scenario } from './scenario.ts';
import { COMMITTED_READER, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { featureRaiser } from './workloads/feature-raiser.ts';
import { groupReader } from './workloads/group-reader.ts';
import { handReader } from './workloads/hand-reader.ts';
import { operator } from './workloads/operator.ts';
import { pipeline } from './workloads/pipeline.ts';
import { scanner } from './workloads/scanner.ts';
import { transactionalWriter } from './workloads/transactional-writer.ts';
import { writer } from './workloads/writer.ts';

/** Topics that the operator makes, deletes and makes again, if there is one. */
const EXTRAS = 'extra-0,extra-1';

export default scenario({
  name: 'standard',
  about: 'swarm over everything: cluster shapes, configurations, workloads and faults are drawn for each seed',
  cluster: {
    brokers: between(3, 5),
    controllers: oneOf(1, 3, 3, 3, 5),
    combined: oneOf(false, false, true),
    racks: between(1, 3),
    logDirs: oneOf(1, 1, 2),
    features: {
      // Half of them the newest, and each where something begins or ends; below 3.5-IV1 followers do not say which incarnation they are.
      'metadata.version': oneOf(33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 32, 29, 27, 25, 23, 22, 17, 14, 11, 10),
    },
    properties: {
      'min.insync.replicas': oneOf(1, 2, 2, 2),
      'unclean.leader.election.enable': false,
      'replica.lag.time.max.ms': oneOf(2_000, 5_000, 10_000, 30_000),
      'controller.quorum.election.timeout.ms': oneOf(500, 1_000),
      'controller.quorum.fetch.timeout.ms': oneOf(1_000, 2_000),
      'controller.quorum.append.linger.ms': oneOf(0, 5, 25),
      'metadata.log.max.record.bytes.between.snapshots': oneOf(2_000, 20_000, 20_971_520),
      'auto.leader.rebalance.enable': oneOf(true, false),
      'leader.imbalance.check.interval.seconds': oneOf(5, 30, 300),
      'offsets.topic.num.partitions': oneOf(1, 2, 4),
      'offsets.topic.replication.factor': 3,
      'group.initial.rebalance.delay.ms': oneOf(0, 500, 3_000),
      'group.coordinator.append.linger.ms': oneOf(-1, -1, 5),
      'group.min.session.timeout.ms': 1_000,
      'max.incremental.fetch.session.cache.slots': oneOf(2, 1_000),
      'replica.fetch.wait.max.ms': oneOf(100, 500),
      'replica.selector.class': oneOf(undefined, 'org.apache.kafka.common.replica.RackAwareReplicaSelector'),
      'log.flush.interval.messages': oneOf(undefined, undefined, undefined, 1),
      'log.index.interval.bytes': oneOf(64, 1_024, 4_096),
      'log.retention.check.interval.ms': oneOf(2_000, 300_000),
      'replica.high.watermark.checkpoint.interval.ms': oneOf(1_000, 5_000),
      'log.flush.offset.checkpoint.interval.ms': oneOf(5_000, 60_000),
      'log.segment.delete.delay.ms': oneOf(undefined, undefined, 0, 1_000),
      'replica.fetch.max.bytes': oneOf(undefined, undefined, 500),
      'replica.socket.timeout.ms': oneOf(undefined, undefined, 1_000),
      // A request to the controller that is answered late is sent again, and done twice.
      'controller.socket.timeout.ms': oneOf(undefined, undefined, 300, 1_000),
      // Small enough that a coordinator loads in many steps, and is asked meanwhile.
      'offsets.load.buffer.size': oneOf(undefined, 100, 2_000),
      'offsets.topic.segment.bytes': oneOf(undefined, undefined, 4_096),
      'offsets.commit.timeout.ms': oneOf(undefined, undefined, 500),
      'transaction.state.log.num.partitions': oneOf(1, 2, 4),
      'transaction.state.log.load.buffer.size': oneOf(undefined, 100, 2_000),
      'transaction.state.log.segment.bytes': oneOf(undefined, undefined, 4_096),
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': oneOf(500, 2_000, 10_000),
    },
    together: [
      [
        {},
        {},
        {},
        // A producer that is forgotten between two of its batches.
        { 'producer.id.expiration.ms': 2_000, 'producer.id.expiration.check.interval.ms': 500 },
      ],
      [{}, {}, { 'offsets.retention.minutes': 1, 'offsets.retention.check.interval.ms': 1_000 }],
      [
        { 'broker.session.timeout.ms': 3_000, 'broker.heartbeat.interval.ms': 500 },
        { 'broker.session.timeout.ms': 6_000, 'broker.heartbeat.interval.ms': 1_000 },
        { 'broker.session.timeout.ms': 9_000, 'broker.heartbeat.interval.ms': 2_000 },
      ],
      [
        {},
        {},
        // Transactional ids that are forgotten between two of their transactions.
        { 'transactional.id.expiration.ms': 3_000, 'transaction.remove.expired.transaction.cleanup.interval.ms': 500 },
      ],
    ],
  },
  topics: [
    {
      name: 'orders',
      partitions: between(1, 4),
      replicationFactor: 3,
      configs: { 'internal.segment.bytes': oneOf('2048', '16384', undefined) },
    },
    {
      name: 'events',
      partitions: between(1, 2),
      replicationFactor: 3,
      configs: {
        'internal.segment.bytes': oneOf('2048', '16384', undefined),
        'message.timestamp.type': oneOf('CreateTime', 'LogAppendTime'),
        'compression.type': oneOf('producer', 'producer', 'gzip'),
        'max.message.bytes': oneOf(undefined, undefined, '1500'),
        'retention.ms': oneOf(undefined, undefined, undefined, '10000'),
        'retention.bytes': oneOf(undefined, undefined, undefined, '10000'),
      },
    },
  ],
  clients: [
    {
      name: 'writer',
      count: between(1, 3),
      run: writer,
      properties: {
        'linger.ms': oneOf(0, 5, 100),
        'batch.size': oneOf(200, 16_384),
        'max.in.flight.requests.per.connection': oneOf(undefined, undefined, 1),
        'compression.type': oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'),
        'retry.backoff.ms': oneOf(20, 100),
      },
      together: [
        [
          { acks: 'all' },
          { acks: 'all' },
          { acks: 'all' },
          { acks: 'all', 'enable.idempotence': false },
          { acks: '1', 'enable.idempotence': false },
          { acks: '0', 'enable.idempotence': false },
        ],
        [
          { 'request.timeout.ms': 2_000, 'delivery.timeout.ms': 6_000 },
          { 'request.timeout.ms': 5_000, 'delivery.timeout.ms': 30_000 },
          { 'request.timeout.ms': 30_000, 'delivery.timeout.ms': 120_000 },
        ],
      ],
      params: {
        topics: oneOf('orders', 'orders,events', 'events'),
        perSecond: oneOf(2, 5, 20, 50),
        // Many batches at once, some of them too large as a whole.
        burst: oneOf(undefined, 12),
        keys: oneOf(0, 5, 50),
        pipelined: oneOf(true, true, false),
        bytes: oneOf(0, 0, 200, 3_000),
        largeOneIn: oneOf(undefined, undefined, undefined, 6),
      },
    },
    {
      name: 'reader',
      count: between(1, 3),
      run: groupReader,
      properties: {
        'group.id': oneOf('readers', 'readers', 'others'),
        'auto.offset.reset': 'earliest',
        'session.timeout.ms': oneOf(3_000, 6_000, 45_000),
        'heartbeat.interval.ms': oneOf(500, 1_000),
        'max.poll.interval.ms': oneOf(8_000, 300_000),
        'max.poll.records': oneOf(1, 20, 500),
        'partition.assignment.strategy': 'range',
        'auto.commit.interval.ms': oneOf(500, 5_000),
        'request.timeout.ms': oneOf(2_000, 5_000, 30_000),
        'fetch.max.wait.ms': oneOf(100, 500),
        'metadata.max.age.ms': oneOf(undefined, undefined, 2_000),
        'isolation.level': oneOf(undefined, undefined, 'read_committed'),
      },
      params: {
        topics: oneOf('orders,events', 'orders,events', `orders,events,${EXTRAS}`),
        commit: oneOf('sync', 'async', 'auto', 'per-record'),
        workMs: oneOf(0, 50, 500),
        leaveEveryMs: oneOf(0, 0, 8_000),
        rejoinEveryMs: oneOf(0, 0, 3_000),
        lateCommits: oneOf(false, false, true),
        hesitateEvery: oneOf(0, 0, 0, 50),
        static: oneOf(false, false, true),
      },
    },
    {
      name: 'scanner',
      count: between(0, 2),
      run: scanner,
      properties: {
        'client.rack': oneOf(undefined, 'rack-0', 'rack-1'),
        'max.poll.records': oneOf(7, 500),
        'request.timeout.ms': oneOf(5_000, 30_000),
        'metadata.max.age.ms': oneOf(undefined, undefined, 1_000),
        'isolation.level': oneOf(undefined, 'read_committed'),
      },
      params: {
        topics: oneOf('orders', 'orders,events', `orders,${EXTRAS}`),
        restartEveryMs: oneOf(0, 10_000),
        restMs: oneOf(0, 5_000),
      },
    },
    {
      name: 'hand-reader',
      count: between(0, 1),
      run: handReader,
      properties: {
        'group.id': 'by-hand',
        'auto.offset.reset': 'earliest',
        'client.rack': oneOf(undefined, 'rack-1'),
        'request.timeout.ms': oneOf(2_000, 30_000),
        'metadata.max.age.ms': oneOf(undefined, undefined, 1_000),
        'isolation.level': oneOf(undefined, 'read_committed'),
      },
      params: {
        topics: oneOf('orders', 'orders,events', `orders,${EXTRAS}`),
        commit: oneOf('sync', 'async'),
        askEveryMs: oneOf(200, 2_000),
        restartEveryMs: oneOf(0, 4_000),
      },
    },
    {
      name: 'operator',
      count: between(0, 1),
      run: operator,
      params: { makes: EXTRAS, everyMs: oneOf(1_000, 3_000, 8_000), deletesRecords: oneOf(false, true) },
    },
    {
      name: 'transactional',
      count: oneOf(0, 0, 1, 2, 3),
      run: transactionalWriter,
      properties: {
        ...TRANSACTIONAL_PRODUCER,
        'transactional.id': oneOf('{process}', '{process}', '{process}', 'shared'),
        'transaction.timeout.ms': oneOf(1_000, 6_000, 20_000),
        'batch.size': oneOf(200, 16_384),
        'max.in.flight.requests.per.connection': oneOf(undefined, undefined, 1),
        'compression.type': oneOf('none', 'gzip', 'lz4'),
        'metadata.max.age.ms': oneOf(undefined, undefined, 1_000),
      },
      params: {
        topics: oneOf('orders', 'orders,events', 'events'),
        perSecond: oneOf(1, 3, 10),
        records: oneOf(1, 4, 12),
        keys: oneOf(0, 5),
        bytes: oneOf(0, 0, 200),
        pipelined: oneOf(true, false),
        abortOneIn: oneOf(0, 3, 10),
        stallOneIn: oneOf(0, 0, 5),
        stallMs: oneOf(2_000, 8_000),
        restOneIn: oneOf(0, 0, 6),
        restMs: oneOf(1_000, 8_000),
      },
    },
    {
      name: 'pipeline',
      count: oneOf(0, 0, 0, 1, 2, 3),
      run: pipeline,
      properties: {
        ...TRANSACTIONAL_PRODUCER,
        ...COMMITTED_READER,
        'group.id': 'pipelines',
        // No larger than what its topic takes: it would try the same batch for ever.
        'batch.size': oneOf(200, 1_000),
        // No more than can be made of in the time between two polls, in the slowest world.
        'max.poll.records': oneOf(1, 20, 100),
        'max.poll.interval.ms': oneOf(8_000, 300_000),
        'group.instance.id': oneOf(undefined, undefined, '{process}'),
      },
      params: {
        topics: 'orders',
        to: 'events',
        abortOneIn: oneOf(0, 10),
        stallOneIn: oneOf(0, 0, 15),
        stallMs: 10_000,
      },
    },
    {
      name: 'raiser',
      count: oneOf(0, 0, 0, 1),
      run: featureRaiser,
      params: { feature: 'transaction.version', level: oneOf(1, 2, 2), afterMs: oneOf(3_000, 8_000, 15_000) },
    },
  ],
  releases: { of: ['3.9', '4.0'], nodesOneIn: 12, clientsOneIn: 12 },
  world: {
    latencyUs: oneOf(100, 500, 5_000),
    jitterUs: oneOf(100, 1_000, 20_000),
    syncUs: oneOf(200, 2_000, 10_000),
    serviceUs: oneOf(2, 10, 50),
    wallSkewMs: oneOf(0, 100, 5_000),
    driftPpm: oneOf(0, 50, 200),
    buggify: oneOf(true, false),
  },
  warmUpMs: oneOf(1_000, 4_000),
  chaosMs: oneOf(10_000, 20_000, 40_000),
  faults: { kinds: 'all', atMost: 24, triggers: true, transactionWindowsOneIn: 4 },
  heal: { restartAll: oneOf(true, false), leaveMinorityDown: oneOf(false, false, false, true) },
  budget: oneOf('within', 'within', 'within', 'within', 'within', 'beyond'),
});
