/** Transfers between accounts in several partitions: no money is made, and none is lost. */
import { balancedBooks } from './checks/bank.ts';
import { between, oneOf, scenario } from './scenario.ts';
import { TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { bank } from './workloads/bank.ts';
import { scanner } from './workloads/scanner.ts';

export default scenario({
  name: 'bank',
  about: 'transfers between accounts in several partitions: whoever reads past them all finds the sum unchanged',
  cluster: {
    brokers: between(3, 5),
    controllers: 3,
    racks: 3,
    features: { 'transaction.version': oneOf(2, 2, 1, 0) },
    properties: {
      ...TRANSACTIONAL_BROKERS,
      'replica.selector.class': oneOf(undefined, 'org.apache.kafka.common.replica.RackAwareReplicaSelector'),
      'replica.lag.time.max.ms': oneOf(2_000, 10_000),
    },
  },
  topics: [
    {
      name: 'accounts',
      partitions: between(2, 4),
      replicationFactor: 3,
      configs: { 'internal.segment.bytes': oneOf('4096', undefined) },
    },
  ],
  clients: [
    {
      name: 'bank',
      count: between(2, 3),
      run: bank,
      properties: { ...TRANSACTIONAL_PRODUCER, 'compression.type': oneOf('none', 'lz4') },
      params: { topics: 'accounts', perSecond: oneOf(2, 5), abortOneIn: oneOf(0, 5) },
    },
    {
      name: 'auditor',
      count: between(1, 2),
      run: scanner,
      properties: {
        'isolation.level': 'read_committed',
        'client.rack': oneOf(undefined, 'rack-0', 'rack-1'),
        'max.poll.records': oneOf(3, 500),
        'request.timeout.ms': 5_000,
      },
      params: { topics: 'accounts', restartEveryMs: oneOf(0, 6_000) },
    },
    {
      name: 'peeper',
      count: between(0, 1),
      run: scanner,
      properties: { 'isolation.level': 'read_uncommitted', 'request.timeout.ms': 5_000 },
      params: { topics: 'accounts' },
    },
  ],

  world: { buggify: oneOf(true, false) },
  chaosMs: 30_000,
  faults: {
    kinds: [
      'crash',
      'pause',
      'isolate',
      'one-way-cut',
      'client-crash',
      'power-loss',
      'reset-connections',
      'stuck-connections',
      'slow-disk',
    ],
    atLeast: 3,
    atMost: 14,
    triggers: true,
    transactionWindowsOneIn: 2,
  },
  checks: [balancedBooks('accounts', 'auditor')],
  reaches: {
    properties: ['T1', 'J5', 'J6', 'T7'],
    steps: [
      'Ongoing -> PrepareCommit',
      'PrepareCommit -> CompleteCommit',
      'Ongoing -> PrepareAbort',
      'PrepareAbort -> CompleteAbort',
    ],
  },
});
