/**
 * Plans that once found a fault of the cluster, of the simulation or of a property: each must pass now, and must still meet the
 * situation in which it failed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { parseRegression, Situation } from '../campaign/regression.ts';
import { simulate } from '../campaign/simulate.ts';

const FOLDER = new URL('./regressions/', import.meta.url);
const STALL_LIMIT_MS = 60_000;

/** Kept before files said which violation they are of, and since when they pass. Newer ones say both. */
const BEFORE_FINGERPRINTS: ReadonlySet<string> = new Set([
  'acknowledged-by-the-topic-before.json',
  'answer-of-a-coordinator-just-deposed.json',
  'asynchronous-commit-while-the-coordinator-is-unknown.json',
  'checkpoint-of-the-topic-before.json',
  'closing-longer-than-the-poll-interval.json',
  'commit-request-from-the-past.json',
  'coordinator-resumed-after-its-successor.json',
  'emptied-by-retention-while-it-was-read.json',
  'follower-keeps-records-below-the-leaders-start.json',
  'log-without-its-topic-id.json',
  'mid-sequence-in-a-topic-made-again.json',
  'offsets-of-a-topic-made-again.json',
  'offsets-partition-of-a-negative-hash.json',
  'offsets-topic-made-again-after-rot.json',
  'quorum-forgot-what-rotted.json',
  'read-failure-armed-beyond-the-chaos.json',
  'read-failure-while-a-coordinator-loads.json',
  'reader-sent-back-by-a-truncation.json',
  'rebalance-outlived-by-its-commit.json',
  'repetition-after-a-snapshot.json',
  'rotten-metadata-log-not-told.json',
  'topic-created-and-deleted-in-one-delta.json',
  'truncation-that-a-read-error-kept-untold.json',
  'voters-elect-each-other-without-what-rotted.json',
]);

for (const file of readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()) {
  const { plan, property, note, reaches, decisions, fingerprint, mendedBy } = parseRegression(
    JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')),
  );
  test.serial(`${file.replace('.json', '')} no longer violates ${property}`, async (t) => {
    if (reaches === undefined || reaches.length === 0) {
      t.fail(`${file} doesn't say what its plan must reach: without "reaches" nobody sees when it no longer tests anything`);
      return;
    }
    if (!BEFORE_FINGERPRINTS.has(file)) {
      t.truthy(fingerprint, `${file} doesn't say which violation of ${property} it is: "trial shrink" writes the fingerprint`);
      t.truthy(mendedBy, `${file} doesn't say which commit mended it`);
    }
    const situation = new Situation(reaches);
    const result = await simulate(plan, {
      stallLimitMs: STALL_LIMIT_MS,
      onTrace: (line) => situation.onLine(line),
      ...(decisions === undefined ? {} : { chance: { decisions } }),
    });
    const found = result.error ?? result.violations.map((each) => `${each.property}: ${each.message}`).join('\n');
    t.is(result.verdict, 'pass', `${found}\n(it once was: ${note})`);
    t.is(situation.missed(result), null, `see "Keeping a regression" in docs/failures.md (it once was: ${note})`);
  });
}
