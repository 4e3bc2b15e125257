/** One fixed shape, for figures that stay comparable. */
import { scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'reference',
  about: 'one fixed shape with faults, for figures that stay comparable',
  cluster: { brokers: 3, controllers: 3, properties: { 'min.insync.replicas': 2, 'offsets.topic.num.partitions': 5 } },
  topics: [{ name: 'orders', partitions: 3, replicationFactor: 3 }],
  clients: [
    {
      name: 'writer',
      count: 2,
      run: writer,
      properties: { acks: 'all' },
      params: { topics: 'orders', perSecond: 5, keys: 20 },
    },
    {
      name: 'reader',
      count: 3,
      run: groupReader,
      properties: { 'group.id': 'readers', 'auto.offset.reset': 'earliest' },
      params: { topics: 'orders', commit: 'sync' },
    },
  ],

  chaosMs: 60_000,
  faults: {
    kinds: ['crash', 'pause', 'isolate', 'flaky-links', 'latency-storm', 'power-loss', 'slow-disk'],
    atLeast: 6,
    atMost: 12,
    swarm: false,
  },
});
