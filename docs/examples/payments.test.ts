import { fileURLToPath } from 'node:url';
import test from 'ava';
import { campaign } from '../../index.ts';

test('the example of the guide runs in a campaign', async (t) => {
  t.timeout(120_000);
  const path = fileURLToPath(new URL('./payments.ts', import.meta.url));
  const report = await campaign({ scenarios: [path], seeds: { from: 1, to: 2 }, workers: 1 });
  t.is(report.totals.seeds, 2);
  t.is(report.totals.exitStatus, 0, JSON.stringify(report.failures.map(({ outcome }) => outcome)));
});
