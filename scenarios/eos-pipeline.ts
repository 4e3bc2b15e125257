/** Exactly once: instances of a group read, transform and write, and crash, stall and come back as zombies meanwhile. */
import { between, oneOf, scenario } from './scenario.ts';
import { COMMITTED_READER, committedGroupReader, TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { pipeline } from './workloads/pipeline.ts';
import { transactionalWriter } from './workloads/transactional-writer.ts';
import { writer } from './workloads/writer.ts';

export default scenario({
  name: 'eos-pipeline',
  about: 'instances of a group read, transform and write exactly once, and crash, stall and come back as zombies',
  cluster: {
    brokers: between(3, 4),
    controllers: 3,
    features: { 'transaction.version': oneOf(2, 2, 1, 0) },
    properties: TRANSACTIONAL_BROKERS,
  },
  topics: [
    { name: 'orders', partitions: between(2, 4), replicationFactor: 3 },
    { name: 'payments', partitions: between(1, 3), replicationFactor: 3 },
  ],
  clients: [
    { name: 'writer', count: 1, run: writer, properties: { acks: 'all' }, params: { topics: 'orders', perSecond: 5, keys: 20 } },
    {
      name: 'transactional-writer',
      count: between(0, 1),
      run: transactionalWriter,
      properties: TRANSACTIONAL_PRODUCER,
      params: { topics: 'orders', perSecond: 2, abortOneIn: 3 },
    },
    {
      name: 'pipeline',
      count: between(2, 3),
      run: pipeline,
      properties: {
        ...TRANSACTIONAL_PRODUCER,
        ...COMMITTED_READER,
        'group.id': 'pipelines',
        'max.poll.records': oneOf(1, 20, 500),
        'max.poll.interval.ms': 6_000,
        'group.instance.id': oneOf(undefined, undefined, '{process}'),
      },
      params: { topics: 'orders', to: 'payments', abortOneIn: oneOf(0, 10), stallOneIn: oneOf(0, 15), stallMs: 8_000 },
    },
    committedGroupReader('payments'),
  ],

  world: { buggify: oneOf(true, false) },
  chaosMs: 30_000,
  faults: {
    kinds: [
      'client-crash',
      'pause',
      'client-cut',
      'crash',
      'controlled-shutdown',
      'isolate',
      'reset-connections',
      'stuck-connections',
      'flaky-links',
    ],
    atLeast: 3,
    atMost: 16,
    triggers: true,
    transactionWindowsOneIn: 2,
  },
  reaches: {
    properties: ['T1', 'T11', 'T12', 'T13', 'J6', 'J7'],
    steps: [
      'Empty -> Ongoing',
      'Ongoing -> Ongoing',
      'CompleteCommit -> Ongoing',
      'CompleteAbort -> Ongoing',
      'Ongoing -> PrepareCommit',
      'PrepareCommit -> CompleteCommit',
      'Ongoing -> PrepareAbort',
      'PrepareAbort -> CompleteAbort',
    ],
  },
});
