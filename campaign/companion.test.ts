/** A run in this thread ends although the application never gives the thread back, and the thread lives on. */
import test from 'ava';
import { planOf } from './run-scenario.ts';
import { simulate } from './simulate.ts';
import stuck from './testing/stuck.ts';

for (const how of ['at-once', 'after-a-wait', 'in-promises']) {
  test.serial(`an application that is stuck (${how}) comes to the verdict error, named`, async (t) => {
    t.timeout(60_000);
    const plan = planOf(stuck, 1);
    const clients = plan.clients.map((client) => ({ ...client, params: { how } }));
    const result = await simulate({ scenario: stuck, plan: { ...plan, clients } }, { stallLimitMs: 400 });
    t.is(result.verdict, 'error');
    t.regex(
      result.error ?? '',
      /^app-1 at \d+\.\d+ s: watchdog: no progress in 400 ms of real time in the code of application app-1 \(workload "app"\)/,
    );
    t.is(typeof Date.now(), 'number');
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  });
}
