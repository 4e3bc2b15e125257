import test from 'ava';
import type { CampaignReport } from '../campaign/campaign.ts';
import { narrate } from '../campaign/narrate.ts';
import { lostOutcome, type SeedOutcome } from '../campaign/outcome.ts';
import { Totals } from '../campaign/totals.ts';
import { UsageError } from '../campaign/usage.ts';
import { failureMessage } from './failure-message.ts';
import { campaignPage } from './html.ts';
import { mergeResults, seedLine, summaryLine } from './json-lines.ts';
import { junit } from './junit.ts';
import { verdictText, verifyText } from './terminal.ts';

const passed: SeedOutcome = {
  ...lostOutcome('standard', 4, '', 9),
  error: null,
  verdict: 'pass',
  evaluations: { J1: 2 },
  traceHash: 'aa',
};
const failed: SeedOutcome = {
  ...passed,
  seed: 7,
  verdict: 'fail',
  violations: [{ property: 'J1', message: 'record <b>"x" & y</b> was lost', atMs: 1_500 }],
};

function reportOf(...outcomes: SeedOutcome[]): CampaignReport {
  const totals = new Totals();
  for (const outcome of outcomes) totals.add(outcome);
  const failures = totals.failures.map((outcome) => ({ scenario: outcome.scenario, outcome, bundle: '/o/failures/standard-7' }));
  return { totals, failures, endedBy: 'all seeds done', wallMs: 100, workers: 1 };
}

test('a seed has exactly the published fields', (t) => {
  t.deepEqual(Object.keys(JSON.parse(seedLine(failed))), [
    ...['seed', 'scenario', 'verdict', 'violations', 'marks', 'traceHash', 'simulatedMs', 'wallMs', 'events', 'frames'],
    ...['recordsAcknowledged', 'recordsDelivered', 'faults'],
  ]);
  t.like(JSON.parse(summaryLine(reportOf(passed, failed))), { summary: true, seeds: 2, failed: 1, exitStatus: 1 });
});

test('a campaign that was interrupted says so, and has not passed; a failure until then counts', (t) => {
  const interrupted = { ...reportOf(passed), endedBy: 'interrupt' } as const;
  t.regex(verdictText(interrupted, { html: null }), /^INTERRUPTED: 1 seed had passed until then\n/);
  t.regex(verdictText({ ...reportOf(), endedBy: 'interrupt' }, { html: null }), /^INTERRUPTED: no seed/);
  t.like(JSON.parse(summaryLine(interrupted)), { verdict: 'interrupted', exitStatus: 130 });
  t.true(campaignPage(interrupted, '/o').includes('<p class="word">Interrupted</p>'));
  const found = { ...reportOf(passed, failed), endedBy: 'interrupt' } as const;
  t.regex(verdictText(found, { html: null }), /^FAILED: .* \(interrupted\)\n/);
  t.like(JSON.parse(summaryLine(found)), { verdict: 'fail', exitStatus: 1 });
  t.regex(verifyText({ compared: 3, differences: [], errors: [], interrupted: true }), /^INTERRUPTED: 3 seeds/);
});

test('shards merge into the whole; a seed that is there twice counts once', (t) => {
  const one = `${JSON.stringify(passed)}\n`;
  const other = `${seedLine(failed)}\n${one}`;
  const merged = mergeResults([
    { path: 'a', text: one },
    { path: 'b', text: other },
  ]);
  t.deepEqual([merged.totals.seeds, merged.totals.failed, merged.duplicates], [2, 1, 1]);
  t.deepEqual(merged.conflicts, []);
  t.is(
    mergeResults([
      { path: 'a', text: one },
      { path: 'b', text: one.replace('"aa"', '"bb"') },
    ]).conflicts.length,
    1,
  );
  t.throws(() => mergeResults([{ path: 'a', text: 'no\n' }]), { instanceOf: UsageError });
  t.throws(() => mergeResults([{ path: 'a', text: '{}\n' }]), { instanceOf: UsageError });
});

test('JUnit and HTML escape what comes from a run', (t) => {
  const xml = junit([passed, failed]);
  t.true(xml.includes('tests="2" failures="1" errors="0"'));
  t.true(xml.includes('record &lt;b&gt;&quot;x&quot; &amp; y&lt;/b&gt; was lost'));
  const page = campaignPage(reportOf(passed, failed), '/o');
  t.true(page.includes('record &lt;b&gt;&quot;x&quot; &amp; y&lt;/b&gt; was lost'));
  t.true(page.includes('href="failures/standard-7/plan.json"'));
  t.false(/(src|href)="https?:/.test(page));
});

test('a failure says what, how to run it again, and why', (t) => {
  const text = failureMessage(failed, { runs: 7, reproduce: 'npx trial run --seed 7', plan: null });
  t.regex(text, /^Property failed after 7 seeds: J1\n\{ scenario: "standard", seed: 7 \}/);
  t.regex(text, /Got J1 at 1\.500 s: record .*\n\nRun it again: npx trial run --seed 7/);
});

test('a line of the trace tells time, node and what happened', (t) => {
  const what = { type: 'log-truncated', partition: 'orders-0', from: 17, to: 12, reason: 'recovery' } as const;
  t.is(
    narrate({ timeUs: 12_345_678, step: 1, node: 'b2', incarnation: 3, what }),
    '   12.345678 s  b2#3         log-truncated orders-0, from 17, to 12, reason recovery',
  );
});
