/**
 * The bundle of a failing seed: a folder with all that is needed to look at the failure again.
 *
 *     plan.json          what was run
 *     result.json        versions and digests of code and plan, verdict, violations, counters, the command that reproduces it
 *     trace.txt          the narrated run, written by running it once more
 *     decisions.json.gz  all that chance decided in that run (decisions-file.ts)
 */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { misfit, text } from '../core/config/strict.ts';
import { type Plan, PlanError, parsePlan } from '../sim/plan.ts';
import { replayCommand, reproduceCommand, shellWord } from './commands.ts';
import { readJson } from './files.ts';
import { codeDigest } from './code-digest.ts';
import { readDecisions } from './decisions-file.ts';
import { outcomeSchema, type SeedOutcome } from './outcome.ts';
import type { Driven } from './job.ts';
import { planDigest } from './plan-digest.ts';
import { parseRegression, type Regression } from './regression.ts';
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
  /** What a regression's file says beside its plan; null for others. */
  readonly kept: Omit<Regression, 'plan'> | null;
  /** The bundle's recording, or the decisions that a small plan's file holds. */
  readonly driven: Driven;
}

/** What a result depends on besides the plan. */
export interface Made {
  readonly versions: Versions;
  /** See code-digest.ts. */
  readonly code: string;
}

interface ResultFile extends Made {
  readonly formatVersion: 1;
  /** See plan-digest.ts. */
  readonly plan?: string;
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
    plan: text.optional(),
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

/** What running it once more adds to a bundle. */
interface LaterFiles {
  readonly traceFile: string;
  readonly decisionsFile: string;
}

/** Writes plan and result; returns where the rest belongs. */
export function writeBundle(folder: string, scenario: string, plan: Plan | null, outcome: SeedOutcome): LaterFiles {
  mkdirSync(folder, { recursive: true });
  if (plan !== null) writeFileSync(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
  const result: ResultFile = {
    formatVersion: 1,
    scenarioReference: scenario,
    versions: versions(),
    code: codeDigest(scenario),
    ...(plan === null ? {} : { plan: planDigest(plan) }),
    reproduce: outcome.explorer === undefined ? reproduceCommand(scenario, outcome.seed) : replayCommand(folder),
    outcome,
  };
  writeFileSync(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  return { traceFile: join(folder, 'trace.txt'), decisionsFile: join(folder, DECISIONS) };
}

const DECISIONS = 'decisions.json.gz';

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
  if (!existsSync(resultFile))
    throw new UsageError(`"${path}" is not a whole bundle: it has no result.json; ${planAlone(planFile)}`);
  const { scenarioReference, versions: of, code, plan: digest, outcome } = readResult(resultFile, planFile);
  if (digest !== undefined && digest !== planDigest(alone.plan)) {
    throw new UsageError(`"${planFile}" has been edited: it is not the plan of the result beside it; ${planAlone(planFile)}`);
  }
  const decisionsFile = join(path, DECISIONS);
  const driven = existsSync(decisionsFile) ? { replay: readDecisions(decisionsFile, alone.plan) } : {};
  return { ...alone, scenario: scenarioReference, outcome, made: code === undefined ? null : { versions: of, code }, driven };
}

/** What a bundle's plan is still good for. */
function planAlone(planFile: string): string {
  return `"npx trial replay ${shellWord(planFile)}" runs the plan without it`;
}

function readResult(path: string, planFile: string): z.infer<typeof resultSchema> {
  const json = readJson(path);
  const wrong = misfit(resultSchema, json);
  if (wrong !== null) {
    throw new UsageError(`in "${path}", the result can't be used: ${wrong}; ${planAlone(planFile)}`);
  }
  return resultSchema.parse(json);
}

/** A plan file, or a regression as `trial shrink` writes it. */
export function readPlanFile(path: string): Omit<Bundle, 'outcome' | 'made'> {
  const json = readJson(path);
  try {
    if (typeof json !== 'object' || json === null || !('plan' in json)) {
      const plan = parsePlan(json);
      return { plan, scenario: plan.scenario, kept: null, driven: {} };
    }
    const { plan, ...kept } = parseRegression(json);
    return { plan, scenario: plan.scenario, kept, driven: kept.decisions === undefined ? {} : { decisions: kept.decisions } };
  } catch (error) {
    if (error instanceof PlanError || error instanceof UsageError) throw new UsageError(`in "${path}", ${error.message}`);
    throw error;
  }
}
