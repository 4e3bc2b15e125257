import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { RARE_PATHS } from '../../core/rare-paths.ts';
import standard from '../../scenarios/standard.ts';
import { FAULTS } from '../../sim/faults/registry.ts';
import { parsePlan } from '../../sim/plan.ts';
import { Chance } from '../../world/chance.ts';
import { readBundle } from '../bundle.ts';
import { campaign } from '../campaign.ts';
import { checkPlan } from '../check-plan.ts';
import { planOf } from '../run-scenario.ts';
import { UsageError } from '../usage.ts';
import { Exploration } from './exploration.ts';
import type { ExploredRun, Explorer } from './explorer.ts';
import { mutated } from './mutate.ts';
import { EXPLORER_NAMES, EXPLORERS, explorerName } from './registry.ts';

/** A run that reached these states. */
function reached(explorer: Explorer, seed: number, ...states: string[]): ExploredRun {
  return { plan: explorer.planOf(seed), outcome: { seed, verdict: 'pass', marks: {}, states } };
}

for (const name of EXPLORER_NAMES) {
  test(`${name} makes plans that fit the scenario, the same for the same seeds`, (t) => {
    const [one, other] = [EXPLORERS[name](standard, 1), EXPLORERS[name](standard, 1)];
    for (let seed = 1; seed <= 12; seed++) {
      const plan = one.planOf(seed);
      t.is(plan.seed, seed);
      t.deepEqual(parsePlan(JSON.parse(JSON.stringify(plan))), plan);
      t.notThrows(() => checkPlan(plan, standard));
      t.deepEqual(other.planOf(seed), plan);
    }
  });
}

test('swarm leaves most kinds of fault out, and names the rare paths that are in play', (t) => {
  const explorer = EXPLORERS.swarm(standard, 1);
  const plans = Array.from({ length: 40 }, (_, index) => explorer.planOf(index + 1));
  const kinds = plans.map(({ faults }) => new Set(faults.map(({ kind }) => kind)).size);
  t.true(kinds.some((count) => count === 1));
  t.true(Math.max(...kinds) <= 21);
  const paths = plans.map(({ rarePaths = [] }) => rarePaths.length);
  t.deepEqual([Math.min(...paths), Math.max(...paths)], [0, Object.keys(RARE_PATHS).length]);
  t.deepEqual(explorer.planOf(1).clients, planOf(standard, 1).clients, 'what is not swarmed is as it would be');
});

test('guided tries plans like those that reached something new, by the rarity of it, whatever the order of answers', (t) => {
  const make = () => EXPLORERS.guided(standard, 1);
  const [one, other, blind] = [make(), make(), make()];
  const runs = (explorer: Explorer) => [1, 2, 3, 4].map((seed) => reached(explorer, seed, ...(seed === 2 ? ['new'] : [])));
  t.deepEqual(one.planOf(17), planOf(standard, 17), 'nothing is known yet');
  one.learn(runs(one));
  other.learn(runs(other));
  blind.learn([1, 2, 3, 4].map((seed) => reached(blind, seed)));
  const seeds = Array.from({ length: 24 }, (_, index) => index + 17);
  const plans = seeds.map((seed) => one.planOf(seed));
  t.deepEqual(
    seeds.toReversed().map((seed) => other.planOf(seed)),
    plans.toReversed(),
  );
  const alike = plans.filter(({ chanceOf }) => chanceOf !== undefined);
  t.true(alike.length >= 12 && alike.length < 24, `${alike.length} of 24 are made of the one that was kept`);
  t.true(alike.some(({ chanceOf }) => chanceOf === 2));
  t.deepEqual(blind.planOf(17), planOf(standard, 17), 'nothing new, nothing kept');
});

test('what failed is found: guided makes no plans like it', (t) => {
  const explorer = EXPLORERS.guided(standard, 1);
  const run = reached(explorer, 1, 'new');
  explorer.learn([{ ...run, outcome: { ...run.outcome, verdict: 'fail' } }]);
  t.deepEqual(explorer.planOf(17), planOf(standard, 17));
});

test('a plan that was changed in any place is still a plan', (t) => {
  const stream = new Chance(1).stream('test');
  const names = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const plan = planOf(standard, seed);
    const changed = mutated(plan, planOf(standard, seed + 1_000), stream);
    t.deepEqual(parsePlan(JSON.parse(JSON.stringify(changed))), changed);
    for (const { kind, atMs } of changed.faults) {
      t.true(FAULTS.has(kind));
      t.true(atMs === undefined || atMs < Math.max(1, changed.chaosMs), 'within the chaos phase, or of another plan');
    }
    for (const [key, value] of Object.entries(changed))
      if (JSON.stringify(value) !== JSON.stringify(plan[key as keyof typeof plan])) names.add(key);
  }
  t.deepEqual([...names].sort(), ['chanceOf', 'clients', 'faults', 'heal', 'topics', 'world']);
});

test('a generation is known before the next begins; within it nobody waits', async (t) => {
  const learned: number[][] = [];
  const exploration = new Exploration({
    generation: 2,
    planOf: (seed) => planOf(standard, seed),
    learn: (runs) => void learned.push(runs.map(({ outcome }) => outcome.seed)),
  });
  const took = (seed: number) =>
    exploration.took({ plan: planOf(standard, seed), outcome: { seed, verdict: 'pass', marks: {}, states: [] } });
  await Promise.all([exploration.next(1), exploration.next(2)]);
  let third: number | undefined;
  const waiting = exploration.next(3).then((plan) => (third = plan?.seed));
  took(2);
  await Promise.resolve();
  t.is(third, undefined);
  took(1);
  await waiting;
  t.is(third, 3);
  t.deepEqual(learned, [[1, 2]], 'in the order of seeds');
  const last = exploration.next(4).then(() => exploration.next(5));
  exploration.close();
  t.is(await last, null);
});

const runner = new URL('../testing/plan-runner.ts', import.meta.url);

async function guidedResults(workers: number): Promise<readonly string[]> {
  const out = mkdtempSync(join(tmpdir(), 'trial-explore-'));
  try {
    await campaign({ explore: 'guided', runner, workers, out, seeds: { from: 1, to: 40 } });
    const failed = readBundle(join(out, 'failures', 'standard-39'));
    const result = JSON.parse(readFileSync(join(out, 'failures', 'standard-39', 'result.json'), 'utf8')) as { reproduce: string };
    const lines = readFileSync(join(out, 'results.ndjson'), 'utf8').trim().split('\n');
    const hashes = lines.map((line) => JSON.parse(line) as { seed: number; traceHash: string; explorer: string });
    return [
      ...hashes.sort((a, b) => a.seed - b.seed).map(({ seed, traceHash, explorer }) => `${seed} ${traceHash} ${explorer}`),
      JSON.stringify(failed.plan),
      result.reproduce.replace(out, 'OUT'),
    ];
  } finally {
    rmSync(out, { recursive: true });
  }
}

test('a guided campaign runs the same plans with one worker and with several, and keeps those that fail', async (t) => {
  const one = await guidedResults(1);
  t.deepEqual(await guidedResults(3), one);
  t.is(one.length, 42);
  t.regex(one[0] ?? '', /^1 [0-9a-f]{16} guided$/);
  t.is(one.at(-1), 'npx trial replay OUT/failures/standard-39');
});

test('plans that no seed stands for need a folder, and an explorer a name that there is', async (t) => {
  const error = await t.throwsAsync(campaign({ explore: 'pct', runner, seeds: { from: 1, to: 1 } }), { instanceOf: UsageError });
  t.regex(error.message, /by --out$/);
  t.is(explorerName('swarm'), 'swarm');
  t.throws(() => explorerName('swarn'), {
    instanceOf: UsageError,
    message: 'there is no explorer "swarn"; did you mean "swarm"?',
  });
});
