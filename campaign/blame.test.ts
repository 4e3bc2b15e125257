/** What an application of one seed leaves behind is charged to that seed, and is replayed and shrunk like any failure. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { readBundle } from './bundle.ts';
import { campaign } from './campaign.ts';
import { compared } from './compare.ts';
import { loadScenario } from './load-scenario.ts';
import { outcomeOf } from './outcome.ts';
import { shrinkFailure } from './shrink-failure.ts';
import { runWatched } from './run-watched.ts';
import type { ReplayReport } from '../world/chance.ts';

const FLOATING = fileURLToPath(new URL('./testing/floating.ts', import.meta.url));

test('a rejection of seed 4 is found in seed 4, in a row of seeds of one thread and alone, and shrinks', async (t) => {
  t.timeout(120_000);
  const out = mkdtempSync(join(tmpdir(), 'trial-test-'));
  const { failures } = await campaign({ scenarios: [FLOATING], seeds: { from: 1, to: 6 }, workers: 1, out });
  t.deepEqual(
    failures.map(({ outcome }) => [outcome.seed, outcome.violations.map(({ property }) => property)]),
    [[4, ['A1']]],
  );
  const bundle = readBundle(failures[0]?.bundle ?? '');
  let report: ReplayReport = { outcome: 'diverged', divergence: null, unused: 0 };
  const again = await runWatched(await loadScenario(FLOATING), bundle.plan, {
    chance: bundle.driven,
    onChance: (chance) => void (report = chance.replayReport()),
  });
  t.deepEqual(report, { outcome: 'exact', divergence: null, unused: 0 });
  t.is(compared(bundle, outcomeOf(again), report).verdict, 'exact');
  const { plan, property, note } = await shrinkFailure(bundle, { runsMax: 10 });
  t.is(property, 'A1');
  t.regex(note, /app-1: Error: nobody hears me/);
  t.is(plan.topics.length, 0);
});
