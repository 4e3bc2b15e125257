import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { campaign, runsAskedFor } from './campaign.ts';
import { readFailedSeeds, rememberFailedSeed } from './failed-seeds.ts';
import { UsageError } from './usage.ts';

/** Of this runner's seeds those that end with 7 fail. */
const runner = new URL('./testing/fake-runner.ts', import.meta.url);

const newFile = () => join(mkdtempSync(join(tmpdir(), 'trial-test-')), 'failed-seeds.txt');

test('a list is read and extended, sorted, each seed once, comments kept', (t) => {
  const path = newFile();
  t.deepEqual(readFailedSeeds(path), []);
  rememberFailedSeed(path, { scenario: 'standard', seed: 20 });
  writeFileSync(path, `# found at night\n\n${readFileSync(path, 'utf8')}`);
  for (const seed of [3, 20, 100]) rememberFailedSeed(path, { scenario: 'standard', seed });
  rememberFailedSeed(path, { scenario: 'calm', seed: 7 });
  t.is(readFileSync(path, 'utf8'), '# found at night\ncalm 7\nstandard 3\nstandard 20\nstandard 100\n');
  t.deepEqual(readFailedSeeds(path)[0], { scenario: 'calm', seed: 7 });
});

test("a scenario's file is named as seen from the list", (t) => {
  const path = newFile();
  const scenario = join(path, '..', 'scenarios', 'my own.ts');
  rememberFailedSeed(path, { scenario, seed: 1 });
  t.is(readFileSync(path, 'utf8'), './scenarios/my own.ts 1\n');
  t.deepEqual(readFailedSeeds(path), [{ scenario, seed: 1 }]);
});

test('a line that is none is told with its number', (t) => {
  const path = newFile();
  writeFileSync(path, 'standard 3\nstandard three\n');
  const { message } = t.throws(() => readFailedSeeds(path), { instanceOf: UsageError }) as UsageError;
  t.regex(message, /^line 2 of ".*failed-seeds\.txt" is "standard three": give the name of a scenario/);
});

test('what ever failed runs first, once, and what fails now is added', async (t) => {
  const fromFailures = newFile();
  writeFileSync(fromFailures, 'calm 5\nstandard 25\nstandard 107\n');
  const ran: number[] = [];
  const options = { runner, workers: 1, seeds: { from: 24, to: 28 }, fromFailures };
  t.is(runsAskedFor(options), 6);
  const report = await campaign({ ...options, onOutcome: ({ seed }) => void ran.push(seed) });
  t.deepEqual(
    ran.sort((a, b) => a - b),
    [24, 25, 26, 27, 28, 107],
  );
  t.is(report.totals.failed, 2);
  t.is(readFileSync(fromFailures, 'utf8'), 'calm 5\nstandard 25\nstandard 27\nstandard 107\n');
});

test('the first of all are those of the list', async (t) => {
  const fromFailures = newFile();
  writeFileSync(fromFailures, 'standard 1007\n');
  const { failures, endedBy } = await campaign({ runner, workers: 1, seeds: { from: 1, to: 100_000 }, bail: 1, fromFailures });
  t.deepEqual([endedBy, failures.map(({ outcome }) => outcome.seed)], ['bail', [1007]]);
});

test('each shard takes its own of them, and a list that nobody fails into is not made', async (t) => {
  const fromFailures = newFile();
  writeFileSync(fromFailures, 'standard 101\nstandard 102\n');
  const ran: number[] = [];
  const shard = { index: 1, count: 2 };
  const options = { runner, workers: 1, seeds: { from: 1, to: 4 }, shard, fromFailures };
  await campaign({ ...options, onOutcome: ({ seed }) => void ran.push(seed) });
  t.deepEqual(
    ran.sort((a, b) => a - b),
    [1, 3, 101],
  );
  const none = newFile();
  await campaign({ runner, workers: 1, seeds: { from: 1, to: 2 }, fromFailures: none });
  t.false(existsSync(none));
});

test('a list that cannot be used ends the campaign before it begins', async (t) => {
  const fromFailures = newFile();
  writeFileSync(fromFailures, 'nonsense\n');
  await t.throwsAsync(campaign({ runner, fromFailures }), { instanceOf: UsageError });
  await t.throwsAsync(campaign({ runner, fromFailures: tmpdir() }), { instanceOf: UsageError, message: /it is a folder/ });
});
