/**
 * The bundle of a failing seed: a folder with all that is needed to look at the failure again.
 *
 *     plan.json      what was run
 *     result.json    versions and digest of the code, verdict, violations, counters, the command that reproduces it
 *     trace.txt      the narrated run, written by running it once more
 */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { misfit, text } from '../core/config/strict.ts';
import { type Plan, PlanError, parsePlan } from '../sim/plan.ts';
import { replayCommand, reproduceCommand, shellWord } from './commands.ts';
import { readJson } from './files.ts';
import { codeDigest } from './code-digest.ts';
import { outcomeSchema, type SeedOutcome } from './outcome.ts';
import { UsageError } from './usage.ts';
import { type Versions, versions } from './versions.ts';

export interface Bundle {
  /** Name or absolute path of the scenario. */
  readonly scenario: string;
  readonly plan: Plan;
  /** What the run came to that it was written for; null for a plan alone. */
  readonly outcome: SeedOutcome | null;
  /** What that run depended on; null if nothing is known of it. */
  readonly made: Made | null;
  /** The property that a regression was kept for. */
  readonly property: string | null;
}

/** What a result depends on besides the plan. */
export interface Made {
  readonly versions: Versions;
  /** See code-digest.ts. */
  readonly code: string;
}

interface ResultFile extends Made {
  readonly formatVersion: 1;
  readonly scenarioReference: string;
  readonly reproduce: string;
  readonly outcome: SeedOutcome;
}

/** What is read of it. The version comes first: whatever else does not fit may be right in another one. */
const resultSchema = z.object(
  {
    formatVersion: z.literal(1, '1, the version of results that this version of Trial reads'),
    scenarioReference: text,
    versions: z.object({ trial: text, node: text, platform: text }, 'an object'),
    // The first ones say nothing of it.
    code: text.optional(),
    outcome: z.custom<SeedOutcome>(
      (value) => outcomeSchema.safeParse(value).success,
      'what a run comes to, as campaigns write it',
    ),
  },
  'an object',
);

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
    code: codeDigest(scenario),
    reproduce: outcome.explorer === undefined ? reproduceCommand(scenario, outcome.seed) : replayCommand(folder),
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
  if (!stat.isDirectory()) return { ...readPlanFile(path), outcome: null, made: null };
  const planFile = join(path, 'plan.json');
  if (!existsSync(planFile)) throw new UsageError(`"${path}" is not a bundle: it has no plan.json`);
  const alone = readPlanFile(planFile);
  const resultFile = join(path, 'result.json');
  if (!existsSync(resultFile)) return { ...alone, outcome: null, made: null };
  const { scenarioReference, versions: of, code, outcome } = readResult(resultFile, planFile);
  return { ...alone, scenario: scenarioReference, outcome, made: code === undefined ? null : { versions: of, code } };
}

function readResult(path: string, planFile: string): z.infer<typeof resultSchema> {
  const json = readJson(path);
  const wrong = misfit(resultSchema, json);
  if (wrong !== null) {
    throw new UsageError(
      `in "${path}", the result can't be used: ${wrong}; "npx trial replay ${shellWord(planFile)}" runs the plan without it`,
    );
  }
  return resultSchema.parse(json);
}

/** A plan file, or a regression as `trial shrink` writes it. */
export function readPlanFile(path: string): Pick<Bundle, 'plan' | 'scenario' | 'property'> {
  const json = readJson(path);
  const inner = typeof json === 'object' && json !== null && 'plan' in json ? json.plan : json;
  try {
    const plan = parsePlan(inner);
    const property =
      inner !== json && typeof json === 'object' && json !== null && 'property' in json ? String(json.property) : null;
    return { plan, scenario: plan.scenario, property };
  } catch (error) {
    if (error instanceof PlanError) throw new UsageError(`in "${path}", ${error.message}`);
    throw error;
  }
}
