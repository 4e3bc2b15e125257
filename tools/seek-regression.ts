/**
 * Seeks a seed with which a kept plan meets its situation again: `node tools/seek-regression.ts FILE`. For maintainers; see "Keeping a
 * regression" in docs/failures.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import seedrandom from 'seedrandom';
import { parseRegression, type Regression, Situation } from '../campaign/regression.ts';
import { parseCount, parseSeedRange, seedsOf } from '../campaign/seeds.ts';
import { simulate } from '../campaign/simulate.ts';
import type { FaultPlan, Plan } from '../sim/plan.ts';

const STALL_LIMIT_MS = 60_000;

/** The plan with another seed, and its faults earlier or later by at most `shiftMs`, as the seed has it. */
function variantOf(plan: Plan, seed: number, shiftMs: number): Plan {
  const next = seedrandom.alea(`${seed}/shift`);
  const shifted = (ms: number): number => Math.max(0, ms + Math.floor(next() * (2 * shiftMs + 1)) - shiftMs);
  const faults = plan.faults.map((fault): FaultPlan => {
    if (fault.on !== undefined) return { ...fault, on: { ...fault.on, afterMs: shifted(fault.on.afterMs) } };
    return fault.atMs === undefined ? fault : { ...fault, atMs: shifted(fault.atMs) };
  });
  return { ...plan, seed, faults };
}

/** What keeps a run of the plan from being a test of the regression; null if it passes and meets the situation. */
async function lacks(plan: Plan, { reaches = [], decisions }: Regression): Promise<string | null> {
  const situation = new Situation(reaches);
  const result = await simulate(plan, {
    stallLimitMs: STALL_LIMIT_MS,
    onTrace: (line) => situation.onLine(line),
    ...(decisions === undefined ? {} : { chance: { decisions } }),
  });
  const missed = situation.missed(result);
  if (missed !== null || result.verdict === 'pass') return missed;
  return `it ends with "${result.verdict}": ${result.error ?? result.violations.map((each) => `${each.property}: ${each.message}`).join('; ')}`;
}

const program = new Command('seek-regression')
  .description('seek a seed with which a kept plan passes and meets its situation, and write it into the file')
  .argument('<FILE>', 'one of scenarios/regressions/')
  .option('--seeds <A..B>', 'the seeds to try (default: 1..200)', parseSeedRange, { from: 1, to: 200 })
  .option(
    '--shift <MS>',
    'its faults may happen earlier or later by this much (default: 0)',
    (text) => parseCount('--shift', text, 0),
    0,
  )
  .parse();
const [file] = program.args as [string];
const { seeds, shift } = program.opts<{ seeds: { from: number; to: number }; shift: number }>();
const json = JSON.parse(readFileSync(file, 'utf8')) as object;
const regression = parseRegression(json);

process.exitCode = 1;
for (const seed of seedsOf(seeds)) {
  const plan = variantOf(regression.plan, seed, shift);
  const lack = await lacks(plan, regression);
  process.stdout.write(`seed ${seed}: ${lack ?? 'the run passes and meets the situation'}\n`);
  if (lack !== null) continue;
  writeFileSync(file, `${JSON.stringify({ ...json, plan }, null, 2)}\n`);
  process.exitCode = 0;
  break;
}
