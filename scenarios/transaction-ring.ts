/** One token goes round a ring of partitions, passed on by transactions: any error breaks the ring. */
import { unbrokenRing } from './checks/ring.ts';
import { between, oneOf, scenario } from './scenario.ts';
import { COMMITTED_READER, TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { tokenRing, tokenSource } from './workloads/token-ring.ts';

export default scenario({
  name: 'transaction-ring',
  about: 'one token goes round a ring of partitions, passed on by transactions: any error breaks the ring',
  cluster: {
    brokers: between(3, 4),
    controllers: 3,
    features: { 'transaction.version': oneOf(2, 2, 1, 0) },
    properties: TRANSACTIONAL_BROKERS,
  },
  topics: [{ name: 'ring', partitions: between(2, 5), replicationFactor: 3 }],
  clients: [
    {
      name: 'source',
      count: 1,
      run: tokenSource,
      properties: { ...TRANSACTIONAL_PRODUCER, 'auto.offset.reset': 'earliest' },
      params: { topics: 'ring' },
    },
    {
      name: 'station',
      count: between(2, 3),
      run: tokenRing,
      properties: {
        ...TRANSACTIONAL_PRODUCER,
        ...COMMITTED_READER,
        'group.id': 'stations',
        'fetch.max.wait.ms': oneOf(50, 500),
      },
      params: { topics: 'ring', pollMs: 100, restMs: oneOf(0, 50), abortOneIn: oneOf(0, 10) },
    },
  ],

  world: { buggify: oneOf(true, false) },
  chaosMs: 30_000,
  faults: {
    kinds: [
      'client-crash',
      'pause',
      'client-cut',
      'crash',
      'isolate',
      'pair-cut',
      'reset-connections',
      'stuck-connections',
      'latency-storm',
    ],
    atLeast: 3,
    atMost: 16,
    triggers: true,
    transactionWindowsOneIn: 2,
  },
  checks: [unbrokenRing('ring')],
  reaches: {
    properties: ['T1', 'T11', 'T12', 'T13', 'J7'],
    steps: [
      'Empty -> Ongoing',
      'Ongoing -> Ongoing',
      'CompleteCommit -> Ongoing',
      'Ongoing -> PrepareCommit',
      'PrepareCommit -> CompleteCommit',
      'Ongoing -> PrepareAbort',
      'PrepareAbort -> CompleteAbort',
    ],
  },
});
