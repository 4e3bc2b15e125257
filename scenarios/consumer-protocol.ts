/** A group by the consumer protocol (KIP-848): members come, go, die and hesitate while coordinators move; what does not move is read on. */
import { consumerGroups } from '../properties/internal/consumer-groups.ts';
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'consumer-protocol',
  about: 'a group by the consumer protocol whose members come, go, die and hesitate, and whose coordinators move',
  cluster: {
    brokers: 3,
    controllers: 3,
    features: { 'group.version': 1 },
    properties: {
      'min.insync.replicas': 2,
      'offsets.topic.num.partitions': oneOf(1, 2),
      'group.coordinator.append.linger.ms': oneOf(-1, -1, 5),
      'group.consumer.min.session.timeout.ms': 1_000,
      'group.consumer.session.timeout.ms': oneOf(2_000, 6_000),
      'group.consumer.min.heartbeat.interval.ms': 100,
      'group.consumer.heartbeat.interval.ms': 500,
      'group.consumer.assignment.interval.ms': oneOf(0, 1_000),
      'group.consumer.assignors': oneOf('uniform,range', 'range,uniform'),
    },
  },
  topics: [
    { name: 'orders', partitions: between(3, 8), replicationFactor: 3 },
    { name: 'payments', partitions: between(1, 4), replicationFactor: 3 },
  ],
  clients: [
    {
      name: 'writer',
      count: 2,
      run: writer,
      properties: { acks: 'all' },
      params: { topics: 'orders,payments', perSecond: 10, keys: 20 },
    },
    {
      name: 'reader',
      count: between(3, 6),
      run: groupReader,
      properties: {
        'group.id': 'readers',
        'group.protocol': 'consumer',
        'group.remote.assignor': oneOf(undefined, undefined, 'range', 'uniform'),
        'auto.offset.reset': 'earliest',
        'max.poll.interval.ms': 5_000,
      },
      params: {
        topics: 'orders,payments',
        commit: oneOf('sync', 'async', 'auto'),
        leaveEveryMs: oneOf(0, 4_000, 10_000),
        hesitateEvery: oneOf(0, 30),
        hesitateMs: 7_000,
        lateCommits: oneOf(false, true),
      },
    },
  ],

  chaosMs: 30_000,
  faults: {
    kinds: ['client-crash', 'pause', 'client-cut', 'crash', 'isolate', 'flaky-links'],
    atLeast: 3,
    atMost: 16,
    triggers: true,
  },
  checks: [consumerGroups],
});
