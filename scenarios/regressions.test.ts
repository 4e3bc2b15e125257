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

for (const file of readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()) {
  const { plan, property, note, reaches } = parseRegression(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
  test.serial(`${file.replace('.json', '')} no longer violates ${property}`, async (t) => {
    if (reaches === undefined || reaches.length === 0) {
      t.fail(`${file} doesn't say what its plan must reach: without "reaches" nobody sees when it no longer tests anything`);
      return;
    }
    const situation = new Situation(reaches);
    const result = await simulate(plan, { stallLimitMs: STALL_LIMIT_MS, onTrace: (line) => situation.onLine(line) });
    const found = result.error ?? result.violations.map((each) => `${each.property}: ${each.message}`).join('\n');
    t.is(result.verdict, 'pass', `${found}\n(it once was: ${note})`);
    t.is(situation.missed(result), null, `see "Keeping a regression" in docs/failures.md (it once was: ${note})`);
  });
}
