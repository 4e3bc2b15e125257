/** Topics are deleted, made again and enlarged under producers and consumers, in groups and by hand, while faults go on. */
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { handReader } from './workloads/hand-reader.ts';
import { scanner } from './workloads/scanner.ts';
import { topicKeeper } from './workloads/topic-keeper.ts';
import { writer } from './workloads/writer.ts';

const VISITORS = 'visitor-0,visitor-1,visitor-2';
const ALL = `orders,${VISITORS}`;

/** How soon clients notice by themselves what became of the topics. */
const METADATA_AGES = oneOf(500, 2_000, 10_000, 60_000);

export default scenario({
  name: 'topics-come-and-go',
  about: 'topics are deleted, made again and enlarged under producers and consumers, in groups and by hand, while faults go on',
  cluster: {
    brokers: between(3, 4),
    controllers: oneOf(1, 3),
    combined: oneOf(true, false),
    properties: {
      'min.insync.replicas': oneOf(1, 2),
      'metadata.log.max.record.bytes.between.snapshots': oneOf(2_000, 20_971_520),
      'broker.session.timeout.ms': 3_000,
      'broker.heartbeat.interval.ms': 500,
      'offsets.topic.num.partitions': oneOf(1, 3),
      'group.initial.rebalance.delay.ms': oneOf(0, 500),
      'group.min.session.timeout.ms': 1_000,
      'auto.leader.rebalance.enable': oneOf(true, false),
      'leader.imbalance.check.interval.seconds': oneOf(5, 300),
    },
  },
  topics: [{ name: 'orders', partitions: between(1, 3), replicationFactor: 3 }],
  clients: [
    {
      name: 'writer',
      count: between(1, 3),
      run: writer,
      properties: {
        acks: 'all',
        'enable.idempotence': oneOf(true, true, false),
        'max.block.ms': 2_000,
        'request.timeout.ms': 2_000,
        'delivery.timeout.ms': 6_000,
        'metadata.max.age.ms': METADATA_AGES,
      },
      params: { topics: oneOf(ALL, VISITORS), perSecond: oneOf(5, 20), keys: oneOf(0, 20) },
    },
    {
      name: 'reader',
      count: between(2, 4),
      run: groupReader,
      properties: {
        'group.id': 'readers',
        'auto.offset.reset': 'earliest',
        'session.timeout.ms': oneOf(3_000, 6_000),
        'heartbeat.interval.ms': 500,
        'max.poll.interval.ms': oneOf(5_000, 300_000),
        'request.timeout.ms': oneOf(2_000, 10_000),
        'metadata.max.age.ms': METADATA_AGES,
        'partition.assignment.strategy': 'range',
      },
      params: {
        // Members that differ in what they read: the leader then knows topics that it does not read itself.
        topics: oneOf(ALL, ALL, `orders,visitor-0`, VISITORS),
        commit: oneOf('sync', 'async', 'auto'),
        leaveEveryMs: oneOf(0, 0, 5_000),
        rejoinEveryMs: oneOf(0, 0, 3_000),
        static: oneOf(false, false, true),
      },
    },
    {
      name: 'scanner',
      count: between(0, 2),
      run: scanner,
      properties: { 'request.timeout.ms': oneOf(2_000, 10_000), 'metadata.max.age.ms': METADATA_AGES },
      params: { topics: ALL, partitions: oneOf(1, 3), restartEveryMs: oneOf(0, 0, 10_000), restMs: oneOf(0, 3_000) },
    },
    {
      name: 'hand-reader',
      count: between(0, 1),
      run: handReader,
      properties: {
        'group.id': 'by-hand',
        'auto.offset.reset': 'earliest',
        'request.timeout.ms': oneOf(2_000, 10_000),
        'metadata.max.age.ms': METADATA_AGES,
      },
      params: { topics: ALL, partitions: oneOf(1, 3), commit: oneOf('sync', 'async'), restartEveryMs: oneOf(0, 5_000) },
    },
    {
      name: 'keeper',
      count: between(1, 2),
      run: topicKeeper,
      properties: { 'request.timeout.ms': 5_000 },
      params: { makes: VISITORS, everyMs: oneOf(1_000, 3_000), mostPartitions: oneOf(1, 3) },
    },
  ],

  chaosMs: oneOf(15_000, 30_000),
  faults: {
    kinds: [
      'crash',
      'pause',
      'isolate',
      'one-way-cut',
      'power-loss',
      'crash-loop',
      'flaky-links',
      'client-crash',
      'client-cut',
      'slow-disk',
    ],
    atMost: 12,
    triggers: true,
  },
  heal: { restartAll: oneOf(true, false) },
});
