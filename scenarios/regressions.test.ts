/** Plans that once found a fault of the cluster, of the simulation or of a property: each must pass now. */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import type { Regression } from '../campaign/shrink-failure.ts';
import { simulate } from '../campaign/simulate.ts';
import { parsePlan } from '../sim/plan.ts';

const FOLDER = new URL('./regressions/', import.meta.url);
const STALL_LIMIT_MS = 60_000;

for (const file of readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()) {
  // As "trial shrink" writes it.
  const { plan, property, note } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Regression;
  test.serial(`${file.replace('.json', '')} no longer violates ${property}`, async (t) => {
    const result = await simulate(parsePlan(plan), { stallLimitMs: STALL_LIMIT_MS });
    const found = result.error ?? result.violations.map((each) => `${each.property}: ${each.message}`).join('\n');
    t.is(result.verdict, 'pass', `${found}\n(it once was: ${note})`);
  });
}
