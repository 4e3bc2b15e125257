/** Consumers that take long, poll too seldom and read slowly. */
import { oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'slow-consumer',
  about: 'consumers that take long, poll too seldom and read slowly',
  cluster: { brokers: 3, controllers: 3, properties: { 'min.insync.replicas': 2 } },
  topics: [{ name: 'orders', partitions: 3, replicationFactor: 3 }],
  clients: [
    {
      name: 'writer',
      count: 2,
      run: writer,
      properties: { acks: 'all' },
      params: { topics: 'orders', perSecond: 50, bytes: 500, keys: 20 },
    },
    {
      name: 'reader',
      count: 3,
      run: groupReader,
      properties: {
        'group.id': 'readers',
        'auto.offset.reset': 'earliest',
        'session.timeout.ms': 6_000,
        'heartbeat.interval.ms': 1_000,
        'max.poll.interval.ms': 6_000,
        'max.poll.records': oneOf(1, 10, 500),
      },
      params: {
        topics: 'orders',
        commit: oneOf('sync', 'async', 'auto'),
        workMs: oneOf(100, 1_000),
        hesitateEvery: oneOf(5, 20),
        hesitateMs: 9_000,
      },
    },
  ],

  chaosMs: 30_000,
  faults: { kinds: ['slow-reader', 'pause', 'bandwidth-collapse', 'latency-storm', 'client-cut'], atMost: 6 },
});
