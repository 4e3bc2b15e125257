/**
 * The bundle of a failing seed: a folder with all that is needed to look at the failure again.
 *
 *     plan.json      what was run
 *     result.json    versions, verdict, violations, counters, the command that reproduces it
 *     trace.txt      the narrated run, written by running it once more
 */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plan, PlanError, parsePlan } from '../sim/plan.ts';
import { readJson } from './files.ts';
import type { SeedOutcome } from './outcome.ts';
import { UsageError } from './usage.ts';
import { type Versions, versions } from './versions.ts';

export interface Bundle {
  /** Name or absolute path of the scenario. */
  readonly scenario: string;
  readonly plan: Plan;
  readonly outcome: SeedOutcome | null;
}

interface ResultFile {
  readonly formatVersion: 1;
  readonly scenarioReference: string;
  readonly versions: Versions;
  readonly reproduce: string;
  readonly outcome: SeedOutcome;
}

/** The command that runs a seed again. */
export function reproduceCommand(scenario: string, seed: number): string {
  const which = /^[a-z0-9-]+$/.test(scenario) ? scenario : JSON.stringify(scenario);
  return `npx trial run --scenario ${which} --seed ${seed}`;
}

/** Name of a failure's folder: the scenario (a file's last name) and the seed. */
export function bundleName(outcome: SeedOutcome): string {
  const last = outcome.scenario.split(/[\\/]/).at(-1) ?? 'scenario';
  return `${last.replace(/[^a-zA-Z0-9._-]/g, '_')}-${outcome.seed}`;
}

/** Writes plan and result; returns the path at which the trace belongs. */
export function writeBundle(folder: string, scenario: string, plan: Plan | null, outcome: SeedOutcome): string {
  mkdirSync(folder, { recursive: true });
  if (plan !== null) writeFileSync(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
  const result: ResultFile = {
    formatVersion: 1,
    scenarioReference: scenario,
    versions: versions(),
    reproduce: reproduceCommand(scenario, outcome.seed),
    outcome,
  };
  writeFileSync(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  return join(folder, 'trace.txt');
}

/** Reads a bundle's folder, or a plan file alone. Throws UsageError with one sentence. */
export function readBundle(path: string): Bundle {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new UsageError(`"${path}" is neither a seed nor an existing bundle: give a seed, a bundle's folder or a plan file`);
  }
  if (!stat.isDirectory()) return { ...readPlanFile(path), outcome: null };
  const planFile = join(path, 'plan.json');
  if (!existsSync(planFile)) throw new UsageError(`"${path}" is not a bundle: it has no plan.json`);
  const { plan, scenario } = readPlanFile(planFile);
  const resultFile = join(path, 'result.json');
  if (!existsSync(resultFile)) return { scenario, plan, outcome: null };
  const result = readJson(resultFile) as Partial<ResultFile>;
  return { scenario: result.scenarioReference ?? scenario, plan, outcome: result.outcome ?? null };
}

/** A plan file, or a regression `{ plan, property, note }` as `trial shrink` writes it. */
export function readPlanFile(path: string): { readonly plan: Plan; readonly scenario: string } {
  const json = readJson(path);
  const inner = typeof json === 'object' && json !== null && 'plan' in json ? json.plan : json;
  try {
    const plan = parsePlan(inner);
    return { plan, scenario: plan.scenario };
  } catch (error) {
    if (error instanceof PlanError) throw new UsageError(`in "${path}", ${error.message}`);
    throw error;
  }
}
