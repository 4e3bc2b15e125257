/** Runs that only say whether a failure comes of a plan: how often, however it is scheduled, and of how small a one. */
import { checkPlan } from '../../../campaign/check-plan.ts';
import { fingerprint as fingerprintOf } from '../../../campaign/fingerprint.ts';
import { playScenario } from '../../../campaign/play-scenario.ts';
import { type Failed, shrinkPlan } from '../../../campaign/shrink.ts';
import type { Violation } from '../../../sim/observe.ts';
import type { Plan } from '../../../sim/plan.ts';
import type { Diversion } from '../../../sim/run.ts';
import { createBrowserHost } from './browser-host.ts';
import type { Subject } from './standing-run.ts';

/** A failure may come later in another run, but it is not waited for for ever. */
const PATIENCE = 1.5;
const PATIENCE_MS = 10_000;
/** Runs of a shrink in the page, where somebody waits. */
const RUNS_MAX = 150;

interface ShareOptions {
  readonly fingerprint: string;
  /** From here on each run has a future of its own. */
  readonly fromUs: number;
  readonly failedAtUs: number;
  readonly schedules: number;
}

export async function failingShare(
  subject: Subject,
  { fingerprint, fromUs, failedAtUs, schedules }: ShareOptions,
  onRun: (runs: number) => void,
): Promise<{ readonly failed: number; readonly of: number }> {
  let failed = 0;
  for (let index = 0; index < schedules; index++) {
    const divert = { atUs: fromUs, name: `continuation-${index}` };
    if ((await failure(subject, fingerprint, failedAtUs / 1_000, divert)) !== null) failed++;
    onRun(index + 1);
  }
  return { failed, of: schedules };
}

export async function smallest(
  subject: Subject,
  fingerprint: string,
  onRun: (runs: number, plan: Plan) => void,
): Promise<{ readonly plan: Plan; readonly runs: number }> {
  const { scenario, plan, driven } = subject;
  const first = await failure(subject, fingerprint, plan.warmUpMs + plan.chaosMs);
  if (first === null) throw new Error('the plan does not fail so: there is nothing to shrink');
  let atMs = first.atMs;
  return await shrinkPlan(plan, first, {
    runsMax: RUNS_MAX,
    onProgress: onRun,
    failure: async (candidate) => {
      if (!isUsable(candidate, scenario)) return null;
      const found = await failure({ scenario, plan: candidate, driven }, fingerprint, atMs);
      if (found !== null) atMs = found.atMs;
      return found;
    },
  });
}

function isUsable(plan: Plan, scenario: Subject['scenario']): boolean {
  try {
    checkPlan(plan, scenario);
    return true;
  } catch {
    return false;
  }
}

/** Null: it did not come. */
async function failure(
  { scenario, plan, driven }: Subject,
  fingerprint: string,
  failedAtMs: number,
  divert?: Diversion,
): Promise<Failed | null> {
  let found = null as Violation | null;
  const result = await playScenario(scenario, plan, {
    host: createBrowserHost(),
    chance: driven,
    stopAfterMs: failedAtMs * PATIENCE + PATIENCE_MS,
    stopAt: (violation) => {
      if (fingerprintOf(violation) !== fingerprint) return false;
      found = violation;
      return true;
    },
    ...(divert === undefined ? {} : { divert }),
  });
  const violation = found ?? result.violations.find((each) => fingerprintOf(each) === fingerprint);
  return violation === undefined ? null : { atMs: violation.atMs, sends: result.sends, begins: result.begins };
}
