/** An example scenario: payments are written while partition leaders die, and a group of two must see every one of them. */
import { between, groupReader, oneOf, scenario, type Workload } from '../../index.ts';

/** An application of our own: one payment after the other, each waited for, each for one of ten accounts. */
const payer: Workload = async (context) => {
  const producer = context.producer({ acks: 'all', 'enable.idempotence': true });
  while (context.writing()) {
    const key = `account-${context.random.below(10, 'account')}`;
    await producer.send({ topic: 'payments', key, value: context.uniqueValue() });
    await context.sleep(context.random.between(50, 250, 'pause'));
  }
  await producer.close();
};

export default scenario({
  name: 'payments',
  about: 'payments are written while partition leaders die, and every one of them must be seen',
  cluster: { brokers: 3, controllers: oneOf(1, 3), properties: { 'min.insync.replicas': 2 } },
  topics: [{ name: 'payments', partitions: between(1, 3), replicationFactor: 3 }],
  clients: [
    { name: 'payer', count: between(1, 2), run: payer },
    {
      name: 'auditor',
      count: 2,
      run: groupReader,
      properties: { 'group.id': 'auditors', 'auto.offset.reset': 'earliest', 'session.timeout.ms': 6_000 },
      params: { topics: 'payments', commit: 'sync' },
    },
  ],
  chaosMs: 10_000,
  faults: { kinds: ['crash', 'pause', 'isolate'], atMost: 4 },
});
