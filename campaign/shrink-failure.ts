/** Shrinks a failing seed or bundle with real runs, in a worker thread, so that a candidate that hangs costs only itself. */
import type { Bundle } from './bundle.ts';
import { STALL_LIMIT_MS } from './stall.ts';
import { checkPlan } from './check-plan.ts';
import { fingerprint } from './fingerprint.ts';
import type { Attempt, RunAnswer } from './job.ts';
import { plainJob } from './job.ts';
import { loadScenario } from './load-scenario.ts';
import { WorkerPool } from './pool.ts';
import type { Regression } from './regression.ts';
import { type Failed, type ShrinkOptions, shrinkPlan } from './shrink.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Violation } from '../sim/observe.ts';
import { type Plan, PlanError } from '../sim/plan.ts';
import { UsageError } from './usage.ts';

export interface ShrunkFailure extends Regression {
  readonly runs: number;
  /** Processor time that the runs took. */
  readonly cpuMs: number;
}

interface ShrinkFailureOptions extends Omit<ShrinkOptions, 'failure' | 'isOver'> {
  /** The violation to keep; by default the first. */
  readonly property?: string;
  readonly stallLimitMs?: number;
  /** Processor time after which the smallest so far is taken. Default 50 s. */
  readonly cpuMsMax?: number;
}

const CPU_MS_MAX = 50_000;

/** A candidate that has not failed by this many times the time of the failure so far is given up. */
const PATIENCE = 1.25;
const PATIENCE_MS = 5_000;

export async function shrinkFailure(bundle: Bundle, options: ShrinkFailureOptions = {}): Promise<ShrunkFailure> {
  const scenario = await loadScenario(bundle.scenario);
  const pool = new WorkerPool({ workers: 1 });
  let cpuMs = 0;
  const attempt = async (plan: Plan, of: Partial<Attempt>): Promise<RunAnswer> => {
    const answer = await pool.submit({
      ...plainJob(bundle.scenario, plan.seed, options.stallLimitMs ?? STALL_LIMIT_MS),
      plan,
      attempt: { failure: null, stopAfterMs: null, driven: {}, divert: null, record: false, ...of },
    });
    cpuMs += answer.attempt?.cpuMs ?? answer.outcome.wallMs;
    return answer;
  };
  try {
    const { property } = options;
    // One that is asked for may not be the first: no failure has an empty name, and so the run goes to its end.
    const first = await attempt(bundle.plan, property === undefined ? {} : { failure: '' });
    const wanted = first.outcome.violations.find((violation) => property === undefined || violation.property === property);
    if (wanted === undefined) {
      const which = property === undefined ? 'no property' : `not the property ${property}`;
      throw new UsageError(`seed ${bundle.plan.seed} of ${bundle.scenario} violates ${which}: there is nothing to shrink`);
    }
    // A smaller plan that violates the property in another way is of another failure.
    const kind = fingerprint(wanted);
    let last = wanted;
    const failure = async (candidate: Plan): Promise<Failed | null> => {
      if (!isUsable(candidate, scenario)) return null;
      const answer = await attempt(candidate, { failure: kind, stopAfterMs: last.atMs * PATIENCE + PATIENCE_MS });
      const found = answer.outcome.violations.find((violation) => fingerprint(violation) === kind);
      if (found === undefined) return null;
      last = found;
      return failedOf(found, answer);
    };
    const { plan, runs } = await shrinkPlan(bundle.plan, failedOf(wanted, first), {
      ...options,
      failure,
      isOver: () => cpuMs >= (options.cpuMsMax ?? CPU_MS_MAX),
    });
    return { plan, property: wanted.property, fingerprint: kind, note: last.message.split('\n')[0] ?? '', runs, cpuMs };
  } finally {
    await pool.close();
  }
}

function failedOf({ atMs }: Violation, { attempt }: RunAnswer): Failed {
  return { atMs, sends: attempt?.sends ?? {} };
}

/** What comes out of it must be a plan that "trial run --plan" takes. */
function isUsable(plan: Plan, scenario: Scenario): boolean {
  try {
    checkPlan(plan, scenario);
    return true;
  } catch (error) {
    if (error instanceof PlanError || error instanceof UsageError) return false;
    throw error;
  }
}
