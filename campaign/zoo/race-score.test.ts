import test from 'ava';
import { raceText } from '../../reports/race-run.ts';
import type { ExplorerName } from '../explore/registry.ts';
import { type RaceRun, raceScores } from './race-score.ts';

function run(mutant: string, explorer: ExplorerName, start: number, seeds: number, found = true): RaceRun {
  return { mutant, difficulty: 'hard', explorer, start, found, seeds, cpuMs: seeds * 1_000 };
}

/** Guided needs a quarter of the seeds for `a`, as many for `b`; nobody finds `c`. */
const RUNS = [
  ...[8, 40, 4].map((seeds, start) => run('a', 'random', start, seeds)),
  ...[2, 1, 90].map((seeds, start) => run('a', 'guided', start, seeds)),
  run('b', 'random', 0, 10),
  { ...run('b', 'guided', 0, 10), cpuMs: 20_000 },
  run('c', 'random', 0, 100, false),
  run('c', 'guided', 0, 100, false),
];

test('an explorer is as much faster than random as the geometric mean over what one of them found', (t) => {
  const scores = new Map(raceScores(RUNS).map((score) => [score.explorer, score]));
  const guided = scores.get('guided');
  // Medians: 8 to 2 of a, 10 to 10 of b.
  t.is(guided?.seedsRatio?.toFixed(3), Math.sqrt(4).toFixed(3));
  t.is(guided?.cpuRatio?.toFixed(3), Math.sqrt(4 * 0.5).toFixed(3));
  t.deepEqual([guided?.found, guided?.of, guided?.medianSeeds, guided?.medianCpuMs], [4, 5, 10, 20_000]);
  t.is(scores.get('random')?.seedsRatio, 1);
  t.deepEqual(scores.get('pct'), {
    explorer: 'pct',
    ...{ found: 0, of: 0, medianSeeds: null, medianCpuMs: null, seedsRatio: null, cpuRatio: null },
  });
});

test('what one did not find counts as found with its last seed', (t) => {
  const [, , , guided] = raceScores([run('a', 'random', 0, 10), run('a', 'guided', 0, 100, false)]);
  t.is(guided?.explorer, 'guided');
  t.is(guided?.seedsRatio?.toFixed(3), '0.100');
});

test('the table has a row for each explorer', (t) => {
  const text = raceText(RUNS, raceScores(RUNS), { wallMs: 61_000, workers: 1 });
  t.regex(text, /\n {2}random +4 of 5 +10 +10\.0 s +1\.00 x +1\.00 x\n/);
  t.regex(text, /\n {2}pct +0 of 0 +- +- +- +-\n/);
  t.regex(text, /\n {2}guided +4 of 5 +10 +20\.0 s +2\.00 x +1\.41 x\n3 mutants in 1 m 01 s on 1 worker\./);
});
