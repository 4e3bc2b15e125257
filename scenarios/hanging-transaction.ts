/** Late requests leave transactions open that no coordinator knows of; somebody finds and aborts them. */
import { between, oneOf, scenario } from './scenario.ts';
import { committedGroupReader, TRANSACTIONAL_BROKERS, TRANSACTIONAL_PRODUCER } from './transactional.ts';
import { hangingFinder } from './workloads/hanging-finder.ts';
import { scanner } from './workloads/scanner.ts';
import { strayWriter } from './workloads/stray-writer.ts';
import { transactionalWriter } from './workloads/transactional-writer.ts';

export default scenario({
  name: 'hanging-transaction',
  about: 'late requests leave transactions open that no coordinator knows of; somebody finds and aborts them',
  cluster: {
    brokers: 3,
    controllers: 3,
    features: { 'transaction.version': oneOf(0, 1, 2) },
    properties: { ...TRANSACTIONAL_BROKERS, 'transaction.partition.verification.enable': oneOf(false, false, true) },
  },
  topics: [{ name: 'orders', partitions: between(1, 3), replicationFactor: 3 }],
  clients: [
    { name: 'stray', count: 1, run: strayWriter, params: { topics: 'orders', everyMs: oneOf(2_000, 6_000) } },
    { name: 'finder', count: 1, run: hangingFinder, params: { topics: 'orders', everyMs: 1_000, openForMs: 12_000 } },
    {
      name: 'writer',
      count: between(1, 2),
      run: transactionalWriter,
      properties: { ...TRANSACTIONAL_PRODUCER, 'transaction.timeout.ms': 3_000 },
      params: { topics: 'orders', perSecond: 3, pipelined: oneOf(true, false) },
    },
    {
      name: 'scanner',
      count: 1,
      run: scanner,
      properties: { 'isolation.level': 'read_committed', 'request.timeout.ms': 5_000 },
      params: { topics: 'orders' },
    },
    committedGroupReader('orders'),
  ],

  world: { buggify: oneOf(true, false) },
  chaosMs: 30_000,
  faults: {
    kinds: ['crash', 'pause', 'controlled-shutdown', 'isolate', 'client-crash', 'stuck-connections', 'reset-connections'],
    atMost: 8,
    triggers: true,
    transactionWindowsOneIn: 3,
  },
  reaches: { properties: ['T1', 'T6', 'T9'], steps: ['Ongoing -> PrepareCommit', 'PrepareCommit -> CompleteCommit'] },
});
