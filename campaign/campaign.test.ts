import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { campaign } from './campaign.ts';
import { plainJob } from './job.ts';
import { WorkerPool } from './pool.ts';

const runner = new URL('./testing/fake-runner.ts', import.meta.url);

test('a thread that dies, hangs or throws costs its seed alone', async (t) => {
  const pool = new WorkerPool({ workers: 2, runner, graceMs: 200 });
  const answers = await Promise.all([11, 12, 13, 14, 15, 16, 18, 19].map((seed) => pool.submit(plainJob('standard', seed, 100))));
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
  const out = mkdtempSync(join(tmpdir(), 'trial-test-'));
  const report = await campaign({ runner, workers: 2, seeds: { from: 20, to: 39 }, out });
  t.is(report.totals.seeds, 20);
  t.is(report.totals.exitStatus, 1);
  t.deepEqual([...report.totals.failuresByProperty], [['J1', 2]]);
  t.is(readFileSync(join(out, 'results.ndjson'), 'utf8').trim().split('\n').length, 20);
  t.deepEqual(readdirSync(join(out, 'failures')).sort(), ['standard-27', 'standard-37']);
  t.deepEqual(readdirSync(join(out, 'failures/standard-27')).sort(), ['result.json', 'trace.txt']);
});

test('bail and interrupt end a campaign early, with what was found', async (t) => {
  const bailed = await campaign({ runner, workers: 1, seeds: { from: 20, to: 1_000_000 }, bail: 1 });
  t.is(bailed.endedBy, 'bail');
  t.true(bailed.totals.seeds < 20);
  const controller = new AbortController();
  const interrupted = await campaign({
    runner,
    workers: 1,
    seeds: { from: 20, to: 1_000_000 },
    signal: controller.signal,
    onOutcome: (_, totals) => totals.seeds === 3 && controller.abort(),
  });
  t.is(interrupted.endedBy, 'interrupt');
  t.true(interrupted.totals.seeds >= 3 && interrupted.totals.seeds < 10);
});
