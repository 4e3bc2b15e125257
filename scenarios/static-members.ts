/**
 * Static members (KIP-345) of both protocols: they close and come back, or die and come back, within their sessions and not, and nobody else
 * is to notice the former.
 */
import { consumerGroups } from '../properties/internal/consumer-groups.ts';
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

const READER = {
  'auto.offset.reset': 'earliest',
  'max.poll.interval.ms': 5_000,
} as const;

const PARAMS = {
  topics: 'orders',
  static: true,
  commit: oneOf('sync', 'async', 'auto'),
  // Away for two seconds at most: within the longer session, and now and then beyond the shorter.
  leaveEveryMs: oneOf(3_000, 6_000),
  hesitateEvery: oneOf(0, 0, 30),
  hesitateMs: 7_000,
};

export default scenario({
  name: 'static-members',
  about: 'static members of both protocols that go and come back, in time and not, while coordinators move',
  cluster: {
    brokers: 3,
    controllers: 3,
    features: { 'group.version': 1 },
    properties: {
      'min.insync.replicas': 2,
      'offsets.topic.num.partitions': oneOf(1, 2),
      'group.initial.rebalance.delay.ms': oneOf(0, 1_000),
      'group.min.session.timeout.ms': 1_000,
      'group.consumer.min.session.timeout.ms': 1_000,
      'group.consumer.session.timeout.ms': oneOf(1_500, 6_000, 6_000),
      'group.consumer.min.heartbeat.interval.ms': 100,
      'group.consumer.heartbeat.interval.ms': 500,
      'group.consumer.assignment.interval.ms': oneOf(0, 1_000),
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
      name: 'classic',
      count: between(2, 4),
      run: groupReader,
      properties: {
        ...READER,
        'group.id': 'classics',
        'session.timeout.ms': oneOf(1_500, 6_000, 6_000),
        'heartbeat.interval.ms': 500,
        'partition.assignment.strategy': oneOf('range,sticky', 'sticky,range'),
      },
      params: PARAMS,
    },
    {
      name: 'consumer',
      count: between(2, 4),
      run: groupReader,
      properties: {
        ...READER,
        'group.id': 'consumers',
        'group.protocol': 'consumer',
        'group.remote.assignor': oneOf(undefined, 'range'),
      },
      params: PARAMS,
    },
  ],

  chaosMs: 30_000,
  faults: {
    kinds: ['client-crash', 'client-crash', 'pause', 'client-cut', 'crash', 'isolate'],
    atLeast: 3,
    atMost: 12,
    triggers: true,
  },
  checks: [consumerGroups],
});
