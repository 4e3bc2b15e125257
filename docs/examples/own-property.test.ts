import { fileURLToPath } from 'node:url';
import test from 'ava';
import { campaign, scanner, scenario, simulate, type Workload } from '../../index.ts';
import { ledgerOrder } from './own-property.ts';

test('the example of a property of one’s own is put to the test and holds', async (t) => {
  t.timeout(120_000);
  const path = fileURLToPath(new URL('./own-property.ts', import.meta.url));
  const report = await campaign({ scenarios: [path], seeds: { from: 1, to: 2 }, workers: 1 });
  t.is(report.totals.exitStatus, 0, JSON.stringify(report.failures.map(({ outcome }) => outcome)));
  t.true((report.totals.evaluations.get('LEDGER-ORDER') ?? 0) > 100);
});

test('it is violated by an application that makes its payments out of order', async (t) => {
  t.timeout(120_000);
  const careless: Workload = async (context) => {
    const producer = context.producer({ acks: 'all' });
    for (const number of [1, 2, 4, 3]) {
      await producer.send({
        topic: 'ledger',
        partition: 0,
        value: `${context.uniqueValue()} account=${context.name} number=${number}`,
      });
    }
    await producer.close();
  };
  const wrong = scenario({
    name: 'ledger-out-of-order',
    about: 'payments are made out of order',
    cluster: { brokers: 1, controllers: 1 },
    topics: [{ name: 'ledger', partitions: 1, replicationFactor: 1 }],
    clients: [
      { name: 'accountant', count: 1, run: careless },
      { name: 'auditor', count: 1, run: scanner, params: { topics: 'ledger' } },
    ],
    checks: [ledgerOrder],
    chaosMs: 2_000,
    faults: 'none',
  });
  const result = await simulate({ scenario: wrong, seed: 1 });
  t.is(result.verdict, 'fail');
  t.regex(result.violations[0]?.message ?? '', /^auditor-1 read payment 3 of accountant-1 at offset 3 after payment 4$/);
});
