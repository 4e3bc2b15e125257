/** An unmodified application with kafkajs in a cluster under faults. */
import test from 'ava';
import { fileURLToPath } from 'node:url';
import { simulate } from '../campaign/simulate.ts';
import { verify } from '../campaign/verify.ts';
import { scenario } from '../scenarios/scenario.ts';
import type { TraceLine } from '../sim/run.ts';
import { app, type AppOptions } from './app.ts';
import { folder } from './testing/play.ts';
import relay from './testing/relay-scenario.ts';

const RELAY = fileURLToPath(new URL('./testing/relay-scenario.ts', import.meta.url));

test('a service with kafkajs reads and writes, is crashed, and ends in order', async (t) => {
  const made = { ends: 0, invoices: 0 };
  const onTrace = ({ what }: TraceLine): void => {
    if (what.type === 'application-ended' && what.status === 0) made.ends++;
    if (what.type === 'produce-acked' && what.partition.startsWith('invoices')) made.invoices++;
  };
  const { verdict, violations, events, frames, faults } = await simulate({ scenario: relay, seed: 3 }, { onTrace });
  t.is(verdict, 'pass', JSON.stringify(violations));
  t.is(made.ends, 2);
  t.true(made.invoices >= 100, `${made.invoices} invoices`);
  t.true(Object.keys(faults).length > 0);
  t.true(events < 20 * frames, `${events} events for ${frames} frames`);
});

test('same seed, same run: in two workers, and in another order', async (t) => {
  const { differences, compared } = await verify({ scenarios: [RELAY], seeds: { from: 1, to: 3 }, workers: 2 });
  t.deepEqual(differences, []);
  t.is(compared, 3);
});

async function violationsOf(options: Omit<AppOptions, 'entry'>, text: string): Promise<readonly string[]> {
  const files = folder();
  try {
    const tried = scenario({
      name: 'tried',
      about: 'tried by a test',
      cluster: { brokers: 1, controllers: 1 },
      topics: [{ name: 'orders', partitions: 1, replicationFactor: 1 }],
      clients: [{ name: 'service', count: 1, run: app({ ...options, entry: files.write('service.ts', text) }) }],
      warmUpMs: 500,
      chaosMs: 1_500,
      faults: 'none',
    });
    const { violations, error } = await simulate({ scenario: tried, seed: 1 });
    return [...(error === null ? [] : [error]), ...violations.map(({ property, message }) => `${property} ${message}`)];
  } finally {
    files.remove();
  }
}

test('an application that ends with an error violates A1, in the terms of its own files', async (t) => {
  const [told] = await violationsOf(
    {},
    `\nfunction charge(): never {\n  throw new Error('no money');\n}\nsetTimeout(charge, 700);\n`,
  );
  t.regex(told ?? '', /^A1 .*no money/s);
  t.regex(told ?? '', /charge \(.*service\.ts:3:9\)/);
});

test('who leaves the world violates A1, with a sentence that names module, call and remedy', async (t) => {
  const [told] = await violationsOf(
    {},
    `import { execSync } from 'node:child_process';\ntry { execSync('ls'); } catch {}\nsetInterval(() => {}, 100);`,
  );
  t.regex(told ?? '', /^A1 .*execSync of node:child_process was called in a simulated application, but .*app\(\{ standIns/s);
});

test('an application that somebody starts again may end with an error', async (t) => {
  t.deepEqual(await violationsOf({ restartAfterMs: 200 }, `setTimeout(() => process.exit(1), 700);`), []);
});

test("what can't be bundled is refused with a sentence before anything runs", async (t) => {
  await t.throwsAsync(violationsOf({}, `import 'no-such-package';`), {
    message: /scenario tried: the application ".*service\.ts" can't be bundled: Could not resolve "no-such-package"/,
  });
});
