import test from 'ava';
import { readFileSync } from 'node:fs';
import { planCommand, reproduceCommand, shrinkCommand } from '../campaign/commands.ts';
import type { CampaignReport } from '../campaign/campaign.ts';
import { coverageOf } from '../campaign/coverage.ts';
import { narrate } from '../campaign/narrate.ts';
import { lostOutcome, outcomeOf, type SeedOutcome } from '../campaign/outcome.ts';
import { Totals } from '../campaign/totals.ts';
import { UsageError } from '../campaign/usage.ts';
import type { RunResult } from '../sim/result.ts';
import { failureMessage } from './failure-message.ts';
import { campaignPage } from './html.ts';
import { coverageLine, mergeResults, seedLine, summaryLine } from './json-lines.ts';
import { junit } from './junit.ts';
import { listText } from './lists.ts';
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

test('a verdict on nothing says so in its line', (t) => {
  const empty = { ...passed, unmet: { deliveries: 'nothing was delivered, though there were 2 consumers' } };
  const all = verdictText(reportOf(empty, { ...empty, seed: 5 }), { html: null });
  t.regex(all, /^PASSED, but nothing was delivered in any of 2 seeds\n/);
  t.regex(verdictText(reportOf(empty), { html: null }), /^PASSED, but nothing was delivered\n/);
  const some = verdictText(reportOf(passed, { ...empty, seed: 5 }), { html: null });
  t.regex(some, /^PASSED: every property held in 2 seeds\n[^]*\n  in 1 seed nothing was delivered/);
  t.true(campaignPage(reportOf(empty), '/o').includes('every property held in 1 seed, but nothing was delivered'));
  t.like(JSON.parse(seedLine(empty)), { unmet: empty.unmet });
  t.like(mergeResults([{ path: 'a', text: `${seedLine(empty)}\n` }]).outcomes[0], { unmet: empty.unmet });
});

test('a line of coverage tells marks, states and what is unseen, and is made anew where files are merged', (t) => {
  const totals = new Totals();
  totals.add({ ...passed, marks: { 'quorum/tenth-epoch': 2 }, states: ['data leader newest all - none'] });
  const line = coverageLine(coverageOf(totals));
  const said = JSON.parse(line) as { marks: unknown[] };
  t.like(said, {
    coverage: true,
    states: [{ name: 'data leader newest all - none', runs: 1 }],
    unseen: { states: { runs: 1, seen: 1, once: 1, expectedNew: 1, chanceOfNew: 1 } },
  });
  t.deepEqual(
    said.marks.find((mark) => (mark as { name: string }).name === 'quorum/tenth-epoch'),
    {
      name: 'quorum/tenth-epoch',
      reached: 2,
      runs: 1,
    },
  );
  t.is(mergeResults([{ path: 'a', text: `${seedLine(passed)}\n${line}\n` }]).totals.seeds, 1);
});

test('what an explorer made is run again from its bundle, what a seed stands for from the seed', (t) => {
  const explored = { ...failed, explorer: 'guided' };
  t.regex(verdictText(reportOf(explored), { html: null }), /reproduce: npx trial replay \/o\/failures\/standard-7\n/);
  t.true(campaignPage(reportOf(explored), '/o').includes('<pre>npx trial replay /o/failures/standard-7</pre>'));
  t.true(junit([explored]).includes('npx trial replay failures/standard-7'));
  t.true(junit([failed]).includes(reproduceCommand('standard', 7)));
  const both = mergeResults([{ path: 'a', text: `${seedLine(failed)}\n${seedLine({ ...explored, traceHash: 'bb' })}\n` }]);
  t.deepEqual([both.totals.seeds, both.conflicts], [2, []]);
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

test('control characters of a message reach nobody as they are', (t) => {
  const message = 'was \u001b[31mred\u001b]0;title\u0007\u009b1m \u202egnorw\u2028 \ud83d\ude00\ud83d';
  const bad = { ...failed, violations: [{ property: 'J\u001b1', message, atMs: 1 }], error: message };
  const shown = 'was \\u001b[31mred\\u001b]0;title\\u0007\\u009b1m \\u202egnorw\\u2028 😀\\ud83d';
  const texts = [
    failureMessage(bad, { runs: 1, reproduce: '', plan: null }),
    verdictText(reportOf(bad), { html: null }),
    junit([bad]),
    campaignPage(reportOf(bad), '/o'),
    narrate({ timeUs: 1, step: 1, node: '', incarnation: 0, what: { type: 'note', text: message } }),
    verifyText({ compared: 1, differences: [{ scenario: 's', seed: 1, message }], errors: [bad], interrupted: false }),
  ];
  // oxlint-disable-next-line no-control-regex -- just these must not be there
  for (const text of texts) t.notRegex(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
  for (const text of texts) t.true(text.includes(shown), text);
});

test('a message is no longer in a result and its reports than people read', (t) => {
  const message = 'x'.repeat(1_100_000);
  const result = { violations: [{ property: 'J1', message, atMs: 1 }], excuses: { J2: message }, error: message, wallMs: 1 };
  const outcome = { ...failed, ...outcomeOf(result as unknown as RunResult) };
  t.true(outcome.violations[0]?.message.endsWith('x ... (1100000 characters in all)'));
  t.true(JSON.stringify(outcome).length < 4 * 4_000);
  const many = Array.from({ length: 150 }, (_, seed) => ({ ...outcome, seed, error: null }));
  t.true(junit(many).length < 150 * 5_000);
  t.true(campaignPage(reportOf(...many), '/o').length < 150 * 5_000);
  t.true(verdictText(reportOf(...many), { html: null }).length < 20_000);
  t.true(lostOutcome('s', 1, message, 1).error?.length === outcome.error?.length);
  t.true(narrate({ timeUs: 1, step: 1, node: '', incarnation: 0, what: { type: 'note', text: message } }).length < 5_000);
});

test('a failure says what, how to run it again, and why', (t) => {
  const text = failureMessage(failed, { runs: 7, reproduce: 'npx trial run --seed 7', plan: null });
  t.regex(text, /^Property failed after 7 seeds: J1\n\{ scenario: "standard", seed: 7 \}/);
  t.regex(text, /Got J1 at 1\.500000 s: record .*\n\nRun it again: npx trial run --seed 7/);
});

test('a line of the trace tells time, node and what happened', (t) => {
  const what = { type: 'log-truncated', partition: 'orders-0', from: 17, to: 12, reason: 'recovery' } as const;
  t.is(
    narrate({ timeUs: 12_345_678, step: 1, node: 'b2', incarnation: 3, what }),
    '   12.345678 s  b2#3         log-truncated orders-0, from 17, to 12, reason recovery',
  );
});

test('commands in messages can be pasted: no words to fill in, paths in quotes where a shell needs them', (t) => {
  const path = "/home/me/my scenarios/it's $mine.ts";
  t.is(reproduceCommand('leader-failover', 7), 'npx trial replay 7 --scenario leader-failover');
  t.is(reproduceCommand(path, 7), "npx trial replay 7 --scenario '/home/me/my scenarios/it'\\''s $mine.ts'");
  const shrink = shrinkCommand(path, 7);
  const text = failureMessage(failed, { runs: 7, reproduce: reproduceCommand(path, 7), shrink, plan: null });
  t.true(text.endsWith(`\n\nRun it again: ${reproduceCommand(path, 7)}\nMake it small: ${shrink}`));
  t.notRegex(text, /SEED/);
  t.is(planCommand('small.json', 'calm', 'calm'), 'npx trial run --plan small.json');
  t.is(planCommand('small.json', '/trial/desk.mjs', 'desk'), 'npx trial run --plan small.json --scenario /trial/desk.mjs');
});

test('README reproduces a seed by the command that a campaign prints', (t) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const seed = Number(/^ +bundle: +trial-out\/failures\/leader-failover-(\d+)$/m.exec(readme)?.[1]);
  t.true(readme.includes(`        reproduce: ${reproduceCommand('leader-failover', seed)}\n`));
  t.true(readme.includes(`    $ ${reproduceCommand('leader-failover', seed)}\n`));
});

test('the list of faults tells what a plan can give them, and what leaves the budget', (t) => {
  const lines = listText('faults').split('\n');
  const at = lines.findIndex((line) => line.startsWith('torn-write'));
  t.regex(lines[at] ?? '', / \(beyond the durability budget only\)$/);
  t.regex(lines[at + 1] ?? '', /^ {20,}syncs \(1 to 20, default 1\): how many$/);
  t.notRegex(lines[at - 2] ?? '', /beyond/);
});
