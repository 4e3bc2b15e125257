/** The services that the page tells of: each wrong one is found by the seed that it names, and the right ones pass it. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import type { RecordExpectation } from '../apps/expectations.ts';
import { keyValueStore } from '../sim/service/key-value-store.ts';
import { trialApp } from '../reports/trial-app.ts';

const ONCE: RecordExpectation = { atLeastOncePer: 'orderId', in: 'invoices' };
const EXACTLY_ONCE: RecordExpectation = { exactlyOncePer: 'orderId', in: 'invoices' };

async function tried(service: string, expect: RecordExpectation, seed: number, restartAfterMs?: number): Promise<string> {
  try {
    await trialApp({
      entry: new URL(`./examples/services/${service}.ts`, import.meta.url),
      topics: { orders: 3, invoices: 3 },
      inputs: { orders: 200 },
      services: service.startsWith('payments') ? { 'payments-db': keyValueStore() } : {},
      expect,
      seeds: [seed],
      ...(restartAfterMs === undefined ? {} : { restartAfterMs }),
    });
    return 'passed';
  } catch (error) {
    return (error as Error).message;
  }
}

const page = readFileSync(new URL('./testing-your-app.md', import.meta.url), 'utf8');

test('a service that does not wait for what it does loses orders, and one that waits does not', async (t) => {
  const message = await tried('invoices-lossy', ONCE, 1);
  t.regex(message, /^Property failed after 1 seed: APP-ONCE\n/);
  t.regex(message, /Run it again: trialApp\(\{ entry: ".*invoices-lossy\.ts", \.\.\., seeds: \[1\] \}\)/);
  const got = /^Got APP-ONCE .*$/m.exec(message)?.[0] ?? '';
  t.true(page.includes(got), `the page has not: ${got}`);
  t.is(await tried('invoices', ONCE, 1), 'passed');
});

test('a service that commits when it is done repeats effects, and one with fenced transactions does not', async (t) => {
  t.regex(await tried('invoices', EXACTLY_ONCE, 1), /^Property failed after 1 seed: APP-TWICE\n/);
  t.is(await tried('invoices-exactly-once', EXACTLY_ONCE, 1), 'passed');
});

test('a service whose transactional id is that of its process has a zombie', async (t) => {
  t.regex(await tried('invoices-zombie', EXACTLY_ONCE, 1), /^Property failed after 1 seed: APP-TWICE\n/);
});

test('@platformatic/kafka runs unmodified, too', async (t) => {
  t.is(await tried('invoices-platformatic', ONCE, 1, 1_000), 'passed');
});

test('a service that books in a database repeats what it does not look for, and one whose booking is a transaction does not', async (t) => {
  const booked: RecordExpectation = { exactlyOncePer: 'orderId', in: 'payments-db' };
  t.regex(await tried('payments', booked, 1, 1_000), /^Property failed after 1 seed: APP-TWICE\n.* under payment-/s);
  t.is(await tried('payments', { atLeastOncePer: 'orderId', in: 'payments-db' }, 1, 1_000), 'passed');
  t.is(await tried('payments-once', booked, 1, 1_000), 'passed');
  t.is(await tried('payments-once', booked, 3, 1_000), 'passed');
});
