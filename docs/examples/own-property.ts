/**
 * A property of one's own: the balance that a payment leaves is told in its record, and whoever reads the payments of an
 * account in order must never see one that does not follow from the payment before.
 */
import { oneOf, type PropertyDefinition, scanner, scenario, type Workload } from '../../index.ts';

/** One account per client. Each payment carries its number, after the value that no other record has. */
const accountant: Workload = async (context) => {
  const producer = context.producer({ acks: 'all' });
  for (let number = 1; context.writing(); number++) {
    await producer.send({
      topic: 'ledger',
      key: context.name,
      value: `${context.uniqueValue()} account=${context.name} number=${number}`,
    });
    await context.sleep(context.random.between(50, 200, 'pause'));
  }
  await producer.close();
};

/** Every property has an id and a line for people; one checker may look after several. */
export const ledgerOrder: PropertyDefinition = {
  properties: [{ id: 'LEDGER-ORDER', title: 'a reader sees the payments of an account in the order in which they were made' }],
  create(context) {
    const last = new Map<string, number>();
    context.onHistory((event) => {
      if (event.type !== 'ok' || event.result.f !== 'poll') return;
      for (const { value, offset } of event.result.records) {
        const payment = /account=(?<account>\S+) number=(?<number>\d+)/.exec(value);
        if (payment?.groups === undefined) continue;
        const account = `${event.session.id} ${payment.groups['account']}`;
        const number = Number(payment.groups['number']);
        const before = last.get(account);
        last.set(account, number);
        if (before === undefined) continue;
        // Counted where it could have gone wrong: a campaign's --coverage names properties that never were put to the test.
        context.evaluated('LEDGER-ORDER');
        if (number <= before) {
          context.violated(
            'LEDGER-ORDER',
            `${event.session.client} read payment ${number} of ${payment.groups['account']} at offset ${offset} after payment ${before}`,
          );
        }
      }
    });
    return {};
  },
};

export default scenario({
  name: 'ledger',
  about: 'payments of an account stay in order, with a property of its own',
  cluster: { brokers: 3, controllers: oneOf(1, 3), properties: { 'min.insync.replicas': 2 } },
  topics: [{ name: 'ledger', partitions: 2, replicationFactor: 3 }],
  clients: [
    { name: 'accountant', count: 2, run: accountant },
    { name: 'auditor', count: 1, run: scanner, params: { topics: 'ledger' } },
  ],
  checks: [ledgerOrder],
  chaosMs: 10_000,
  faults: { kinds: ['crash', 'isolate', 'reset-connections'], atMost: 3 },
});
