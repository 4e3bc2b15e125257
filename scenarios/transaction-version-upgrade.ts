/** transaction.version is raised under load, with transactions open and clients that do not know the newer protocol. */
import { between, oneOf, scenario } from './scenario.ts';
import { COMMITTED_READER, committedGroupReader, TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { featureRaiser } from './workloads/feature-raiser.ts';
import { pipeline } from './workloads/pipeline.ts';
import { transactionalWriter } from './workloads/transactional-writer.ts';

export default scenario({
  name: 'transaction-version-upgrade',
  about: 'transaction.version is raised under load, with transactions open and clients that know only the older protocol',
  cluster: {
    brokers: between(3, 4),
    controllers: 3,
    features: { 'transaction.version': oneOf(0, 0, 1) },
    properties: TRANSACTIONAL_BROKERS,
  },
  topics: [
    { name: 'orders', partitions: between(1, 3), replicationFactor: 3 },
    { name: 'payments', partitions: 2, replicationFactor: 3 },
  ],
  clients: [
    {
      name: 'writer',
      count: between(2, 4),
      run: transactionalWriter,
      properties: { ...TRANSACTIONAL_PRODUCER, 'metadata.max.age.ms': oneOf(1_000, 300_000) },
      params: {
        topics: 'orders',
        perSecond: 4,
        records: 6,
        pipelined: oneOf(true, false),
        stallOneIn: oneOf(0, 6),
        stallMs: 3_000,
      },
    },
    {
      name: 'pipeline',
      count: between(0, 2),
      run: pipeline,
      properties: { ...TRANSACTIONAL_PRODUCER, ...COMMITTED_READER, 'group.id': 'pipelines' },
      params: { topics: 'orders', to: 'payments', abortOneIn: 10 },
    },
    {
      name: 'raiser',
      count: 1,
      run: featureRaiser,
      params: { feature: 'transaction.version', level: oneOf(2, 2, 1), afterMs: between(3_000, 20_000) },
    },
    committedGroupReader('orders,payments'),
  ],
  releases: { of: ['3.9', '4.0'], nodesOneIn: 6, clientsOneIn: 3 },

  world: { buggify: oneOf(true, false) },
  chaosMs: 30_000,
  faults: {
    kinds: [
      'crash',
      'rolling-restart',
      'pause',
      'client-crash',
      'stuck-connections',
      'reset-connections',
      'slow-metadata',
      'latency-storm',
    ],
    atLeast: 2,
    atMost: 12,
    triggers: true,
    transactionWindowsOneIn: 2,
  },
  reaches: {
    properties: ['T1', 'T10', 'T12'],
    steps: [
      'CompleteCommit -> Ongoing',
      'CompleteAbort -> Ongoing',
      'Ongoing -> PrepareCommit',
      'PrepareCommit -> CompleteCommit',
      'Ongoing -> PrepareAbort',
      'PrepareAbort -> CompleteAbort',
    ],
  },
});
