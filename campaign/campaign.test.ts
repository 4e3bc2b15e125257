import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { campaign, exitStatusOf } from './campaign.ts';
import { plainJob } from './job.ts';
import { WorkerPool, workerCount } from './pool.ts';
import { UsageError } from './usage.ts';
import { verify } from './verify.ts';

const runner = new URL('./testing/fake-runner.ts', import.meta.url);

const tempFolder = () => mkdtempSync(join(tmpdir(), 'trial-test-'));

test('a thread that dies, hangs or throws costs its seed alone', async (t) => {
  const pool = new WorkerPool({ workers: 2, runner, graceMs: 0 });
  const answers = await Promise.all(
    [11, 12, 13, 14, 15, 16, 18, 19].map((seed) => pool.submit(plainJob('standard', seed, 3_000))),
  );
  await pool.close();
  t.deepEqual(
    answers.map(({ outcome }) => [outcome.seed, outcome.verdict]),
    [11, 12, 13, 14, 15, 16, 18, 19].map((seed) => [seed, [13, 15, 16].includes(seed) ? 'error' : 'pass']),
  );
  t.regex(answers[2]?.outcome.error ?? '', /ended with code 3/);
  t.regex(answers[4]?.outcome.error ?? '', /watchdog/);
  t.regex(answers[5]?.outcome.error ?? '', /a bug of the harness/);
});

test('a campaign sums its seeds, writes each as a line, and a bundle for each that fails', async (t) => {
  const out = tempFolder();
  const report = await campaign({ runner, workers: 2, seeds: { from: 20, to: 39 }, out });
  t.is(report.totals.seeds, 20);
  t.is(report.totals.exitStatus, 1);
  t.deepEqual([...report.totals.failuresByProperty], [['J1', 2]]);
  t.is(readFileSync(join(out, 'results.ndjson'), 'utf8').trim().split('\n').length, 20);
  t.deepEqual(readdirSync(join(out, 'failures')).sort(), ['standard-27', 'standard-37']);
  t.deepEqual(readdirSync(join(out, 'failures/standard-27')).sort(), ['result.json', 'trace.txt']);
});

test('bail ends a campaign with just so many failures: what ran at the same time is dropped', async (t) => {
  for (const bail of [1, 3]) {
    const report = await campaign({ runner, workers: 2, seeds: { from: 20, to: 1_000_000 }, bail, out: tempFolder() });
    t.is(report.endedBy, 'bail');
    t.is(report.failures.length, bail);
    t.is(report.totals.failed, bail);
    t.true(report.totals.seeds < bail * 20);
  }
  // Each of these seeds fails, and four are under way at once.
  const scenarios = ['standard', 'calm', 'reference', 'clock-skew'];
  const { failures, totals } = await campaign({ runner, workers: 2, scenarios, seeds: { from: 27, to: 27 }, bail: 2 });
  t.deepEqual([failures.length, totals.failed, totals.seeds], [2, 2, 2]);
});

test('there are no more threads than runs, or than the processors have use for', async (t) => {
  const processors = availableParallelism();
  t.is(workerCount(100_000, Number.POSITIVE_INFINITY), processors * 4);
  t.is(workerCount(undefined, Number.POSITIVE_INFINITY), processors);
  t.is(workerCount(8, 1), 1);
  t.is(workerCount(8, 0), 1);
  const report = await campaign({ runner, workers: 100_000, seeds: { from: 20, to: 22 } });
  t.deepEqual([report.workers <= 3, report.totals.seeds], [true, 3]);
});

test('an interrupt ends a campaign early, with what was found', async (t) => {
  const controller = new AbortController();
  const interrupted = await campaign({
    runner,
    workers: 1,
    seeds: { from: 20, to: 1_000_000 },
    signal: controller.signal,
    onOutcome: (_, totals) => totals.seeds === 3 && controller.abort(),
  });
  t.is(interrupted.endedBy, 'interrupt');
  t.is(exitStatusOf(interrupted), 130);
  t.is(exitStatusOf({ ...interrupted, endedBy: 'time' }), 0);
  t.true(interrupted.totals.seeds >= 3 && interrupted.totals.seeds < 10);
});

test('a seed whose plan cannot be used ends a campaign with what is wrong, and is no failure of the harness', async (t) => {
  const error = await t.throwsAsync(campaign({ runner, workers: 2, seeds: { from: 998, to: 1_002 } }));
  t.true(error instanceof UsageError);
  t.is(error?.message, 'seed 1000: brokers is -1');
  await t.throwsAsync(verify({ runner, workers: 1, seeds: { from: 1_000, to: 1_000 } }), { instanceOf: UsageError });
});

test('a run that is stuck is ended by its pool, which says in whose code', async (t) => {
  const pool = new WorkerPool({ workers: 1, graceMs: 0 });
  const stuck = fileURLToPath(new URL('./testing/stuck.ts', import.meta.url));
  const { outcome } = await pool.submit(plainJob(stuck, 1, 3_000));
  await pool.close();
  t.regex(
    outcome.error ?? '',
    /^watchdog: no progress in 3000 ms of real time in the code of application app-1 \(workload "app"\)/,
  );
});
