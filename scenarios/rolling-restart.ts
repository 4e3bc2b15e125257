/** Every node is shut down in order and started again, one after the other, under load. */
import { scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'rolling-restart',
  about: 'every node is shut down in order and started again, one after the other, under load',
  cluster: { brokers: 3, controllers: 3, properties: { 'min.insync.replicas': 2 } },
  topics: [{ name: 'orders', partitions: 3, replicationFactor: 3 }],
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
      count: 2,
      run: groupReader,
      properties: {
        'group.id': 'readers',
        'auto.offset.reset': 'earliest',
        'session.timeout.ms': 6_000,
        'heartbeat.interval.ms': 1_000,
      },
      params: { topics: 'orders', commit: 'sync' },
    },
  ],

  chaosMs: 60_000,
  faults: {
    // Who restarts must wait for those that hear late of it.
    kinds: ['slow-metadata', 'pause'],
    atLeast: 1,
    atMost: 6,
    swarm: false,
    always: [{ kind: 'rolling-restart', atMs: 1_000, target: { role: 'cluster' }, forMs: 55_000, params: { eachMs: 8_000 } }],
  },
});
