import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import test from 'ava';
import calm from '../scenarios/calm.ts';
import { readBundle, writeBundle } from './bundle.ts';
import { writeDecisions } from './decisions-file.ts';
import { lostOutcome, type SeedOutcome } from './outcome.ts';
import { planOf } from './run-scenario.ts';
import type { Recording } from '../world/chance.ts';
import { UsageError } from './usage.ts';

const OUTCOME: SeedOutcome = {
  ...lostOutcome('calm', 1, '', 5),
  error: null,
  verdict: 'fail',
  violations: [{ property: 'R6', message: 'it went wrong', atMs: 1 }],
};

type Json = Record<string, unknown>;

/** A bundle one of whose files somebody has changed. */
function bundle(file = 'result.json', change: (json: Json) => unknown = (json) => json): string {
  const folder = mkdtempSync(join(tmpdir(), 'trial-test-'));
  writeBundle(folder, 'calm', planOf(calm, 1), OUTCOME);
  const path = join(folder, file);
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Json)));
  return folder;
}

test('a bundle is read as it was written', (t) => {
  const { scenario, plan, outcome, made } = readBundle(bundle());
  t.deepEqual([scenario, plan, outcome], ['calm', planOf(calm, 1), OUTCOME]);
  t.regex(made?.code ?? '', /^[0-9a-f]{16}$/);
});

test('a plan of another version is refused for its version, whatever else is in it', (t) => {
  const folder = bundle('plan.json', (plan) => ({ ...plan, formatVersion: 2, quotas: [] }));
  const message = `in "${join(folder, 'plan.json')}", the plan can't be used: formatVersion is 2, but it must be 1, the version of plans that this version of Trial reads`;
  t.throws(() => readBundle(folder), { instanceOf: UsageError, message });
  t.throws(() => readBundle(join(folder, 'plan.json')), { instanceOf: UsageError, message });
});

test('a version that is misspelt or missing is told as any other key', (t) => {
  const misspelt = bundle('plan.json', ({ formatVersion, ...plan }) => ({ ...plan, formatVerion: formatVersion }));
  t.throws(() => readBundle(misspelt), { message: /"formatVerion" is no key of it; did you mean "formatVersion"\?$/ });
  const missing = bundle('plan.json', ({ formatVersion: _, ...plan }) => plan);
  t.throws(() => readBundle(missing), { message: /: formatVersion is missing: it must be 1, the version of plans / });
});

test('a result of another version, or that is none, is refused, with what its plan is still good for', (t) => {
  const refused = (change: (json: Json) => unknown, wrong: string): void => {
    const folder = bundle('result.json', change);
    const message = `in "${join(folder, 'result.json')}", the result can't be used: ${wrong}; "npx trial replay ${join(folder, 'plan.json')}" runs the plan without it`;
    t.throws(() => readBundle(folder), { instanceOf: UsageError, message });
  };
  const other = 'formatVersion is 2, but it must be 1, the version of results that this version of Trial reads';
  refused((result) => ({ ...result, formatVersion: 2, outcome: { end: 'fail' } }), other);
  refused(
    (result) => ({ ...result, outcome: { verdict: 'fail' } }),
    'outcome is {"verdict":"fail"}, but it must be what a run comes to, as campaigns write it',
  );
  refused(() => null, 'it is null, but it must be an object');
});

test('a bundle that is not whole, or whose plan was edited, says so, with what its plan is still good for', (t) => {
  const folder = bundle();
  const planFile = join(folder, 'plan.json');
  const alone = `"npx trial replay ${planFile}" runs the plan without it`;
  const refused = (message: string): void => {
    t.throws(() => readBundle(folder), { instanceOf: UsageError, message });
  };
  const plan = readFileSync(planFile, 'utf8');
  writeFileSync(planFile, JSON.stringify({ ...JSON.parse(plan), chaosMs: 1 }));
  refused(`"${planFile}" has been edited: it is not the plan of the result beside it; ${alone}`);
  t.is(readBundle(planFile).plan.chaosMs, 1);
  writeFileSync(planFile, JSON.stringify(JSON.parse(plan), null, 7));
  t.is(readBundle(folder).outcome?.verdict, 'fail');
  writeFileSync(planFile, plan.slice(0, 500));
  refused(`the file "${planFile}" is not JSON`);
  writeFileSync(planFile, plan);
  const resultFile = join(folder, 'result.json');
  writeFileSync(resultFile, readFileSync(resultFile, 'utf8').slice(0, 500));
  refused(`the file "${resultFile}" is not JSON`);
  rmSync(resultFile);
  refused(`"${folder}" is not a whole bundle: it has no result.json; ${alone}`);
});

test('decisions come back as they were recorded; those of another plan or version, or cut short, are refused', (t) => {
  const folder = bundle();
  const file = join(folder, 'decisions.json.gz');
  const recording: Recording = { seed: '1', streams: { a: { labels: ['x'], simplest: [0], draws: [0, 5, 0, 7] } } };
  writeDecisions(file, planOf(calm, 1), recording);
  t.deepEqual(readBundle(folder).driven, { replay: recording });
  const refused = (message: RegExp): void => {
    t.throws(() => readBundle(folder), { instanceOf: UsageError, message });
  };
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, whole.length - 12));
  refused(/^the file ".*decisions\.json\.gz" is not whole: it can't be unpacked; without it the plan beside it still runs$/);
  writeDecisions(file, planOf(calm, 2), recording);
  refused(/holds the decisions of another plan than the one beside it: remove it to run the plan without them$/);
  const packed = (change: Json): void => {
    writeFileSync(file, gzipSync(JSON.stringify({ ...JSON.parse(gunzipSync(whole).toString()), ...change })));
  };
  packed({ formatVersion: 2 });
  refused(/formatVersion is 2, but it must be 1, the version of decision logs that this version of Trial reads$/);
  packed({ streams: { a: { labels: ['x'], simplest: [0], draws: [1, 5] } } });
  refused(/the decisions can't be used: streams\.a is .*, but it must be labels, the simplest value of each, and pairs/);
});

test('a result that says nothing of the code is read, and so is a plan without a result', (t) => {
  const { outcome, made } = readBundle(bundle('result.json', ({ code: _, ...result }) => result));
  t.deepEqual([outcome, made], [OUTCOME, null]);
  t.is(readBundle(join(bundle(), 'plan.json')).outcome, null);
});
