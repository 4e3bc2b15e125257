/**
 * A group goes from the classic protocol to the consumer protocol and back while it works (KIP-848): its members are restarted, one after the other,
 * now with the one and now with the other, and die, hesitate and lose their coordinators meanwhile.
 */
import { consumerGroups } from '../properties/internal/consumer-groups.ts';
import { between, oneOf, scenario } from './scenario.ts';
import { migratingReader } from './workloads/migrating-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'group-migration',
  about: 'a group whose members are restarted with the other protocol, in both directions, while coordinators move',
  cluster: {
    brokers: 3,
    controllers: 3,
    features: { 'group.version': 1 },
    properties: {
      'min.insync.replicas': 2,
      'offsets.topic.num.partitions': oneOf(1, 2),
      'group.initial.rebalance.delay.ms': oneOf(0, 1_000),
      'group.min.session.timeout.ms': 1_000,
      // By another policy members of the classic protocol may be left alone in a consumer group, and nobody assigns (docs/fidelity.md).
      'group.consumer.migration.policy': oneOf('bidirectional', 'BIDIRECTIONAL'),
      'group.consumer.min.session.timeout.ms': 1_000,
      'group.consumer.session.timeout.ms': oneOf(2_000, 6_000),
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
      name: 'reader',
      count: between(2, 5),
      run: migratingReader,
      properties: {
        'group.id': 'readers',
        'auto.offset.reset': 'earliest',
        'max.poll.interval.ms': 5_000,
      },
      params: {
        topics: 'orders',
        stayMs: oneOf(3_000, 6_000, 12_000),
        settlesWith: oneOf('classic', 'consumer'),
        sessionMs: oneOf(2_000, 6_000),
        strategy: oneOf('range,sticky', 'sticky,range'),
      },
    },
  ],

  chaosMs: 40_000,
  faults: {
    kinds: ['client-crash', 'pause', 'client-cut', 'crash', 'isolate', 'flaky-links'],
    atLeast: 2,
    atMost: 10,
    triggers: true,
  },
  checks: [consumerGroups],
});
