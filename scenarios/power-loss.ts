/** Machines, racks and the whole cluster lose power, with and without flushing each append. */
import { between, oneOf, scenario } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'power-loss',
  about: 'machines, racks and the whole cluster lose power, with and without flushing each append',
  cluster: {
    brokers: between(3, 5),
    controllers: 3,
    racks: 3,
    properties: {
      'min.insync.replicas': oneOf(2, 2, 1),
      'log.flush.interval.messages': oneOf(undefined, 1),
      'broker.session.timeout.ms': 3_000,
      'broker.heartbeat.interval.ms': 500,
      // Often enough that recovery begins behind what only a checkpoint tells.
      'log.flush.offset.checkpoint.interval.ms': oneOf(1_000, undefined),
      'replica.high.watermark.checkpoint.interval.ms': oneOf(500, 5_000),
    },
  },
  topics: [
    { name: 'orders', partitions: 3, replicationFactor: 3, configs: { 'internal.segment.bytes': oneOf('4096', undefined) } },
  ],
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

  chaosMs: 30_000,
  faults: {
    kinds: ['power-loss', 'rack-power-loss', 'cluster-power-loss', 'crash', 'prompt-restart', 'slow-disk'],
    atLeast: 2,
    atMost: 10,
    swarm: false,
    triggers: true,
  },
});
