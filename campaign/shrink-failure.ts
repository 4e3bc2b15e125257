/** Shrinks a failing seed or bundle with real runs, in a worker thread, so that a candidate that hangs costs only itself. */
import type { Bundle } from './bundle.ts';
import { STALL_LIMIT_MS } from './stall.ts';
import type { DecisionLog, Recording } from '../world/chance.ts';
import { checkPlan } from './check-plan.ts';
import { fingerprint } from './fingerprint.ts';
import type { Attempt, Driven, RunAnswer } from './job.ts';
import { plainJob } from './job.ts';
import { loadScenario } from './load-scenario.ts';
import { WorkerPool } from './pool.ts';
import type { Regression } from './regression.ts';
import { type MatteringDecisions, shrinkDecisions, simplerForced, withoutAbsent } from './shrink-decisions.ts';
import { type Failed, RUNS_MAX, type ShrinkOptions, shrinkPlan } from './shrink.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Violation } from '../sim/observe.ts';
import { type Plan, PlanError } from '../sim/plan.ts';
import { UsageError } from './usage.ts';

export interface ShrunkFailure extends Regression {
  /** Streams of chance that still draw, and that the failure may need; null if all do. */
  readonly drawing: readonly string[] | null;
  /** Of all clients, until the violation. */
  readonly operations: number;
  readonly runs: number;
  /** Processor time that the runs took. */
  readonly cpuMs: number;
}

/** The smallest so far. */
export interface Smallest {
  readonly plan: Plan;
  readonly decisions: DecisionLog | null;
}

interface ShrinkFailureOptions extends Omit<ShrinkOptions, 'failure' | 'isOver' | 'onProgress'> {
  /** The violation to keep; by default the first. */
  readonly property?: string;
  readonly stallLimitMs?: number;
  /** Processor time after which the smallest so far is taken. Default 50 s. */
  readonly cpuMsMax?: number;
  /** After each run. */
  readonly onProgress?: (runs: number, smallest: Smallest) => void;
  /** Module that the runs' thread calls; the real one by default. */
  readonly runner?: URL;
}

const CPU_MS_MAX = 50_000;
/** Of the processor time, the part that the plan may take; the rest is for the decisions. */
const PLAN_SHARE = 0.75;

/** How often plan and decisions are made smaller in turn. */
const ROUNDS = 3;

/** A candidate that has not failed by this many times the time of the failure so far is given up. */
const PATIENCE = 1.25;
const PATIENCE_MS = 5_000;
/** No failure has an empty name: with it, a run goes to its end. */
const TO_THE_END: Partial<Attempt> = { failure: '' };

export async function shrinkFailure(bundle: Subject, options: ShrinkFailureOptions = {}): Promise<ShrunkFailure> {
  const scenario = await loadScenario(bundle.scenario);
  const pool = new WorkerPool({ workers: 1, ...(options.runner === undefined ? {} : { runner: options.runner }) });
  try {
    return await new Shrinking(bundle, scenario, pool, options).toEnd();
  } finally {
    await pool.close();
  }
}

/** What is made small. */
type Subject = Pick<Bundle, 'scenario' | 'plan' | 'driven'>;

/** The failure that is kept, as it came of a plan. */
interface Found extends Failed {
  readonly violation: Violation;
  readonly operations: number;
}

interface LastRun {
  readonly traceHash: string;
  readonly message: string;
  readonly recording: Recording | null;
}

class Shrinking {
  readonly #scenario: Scenario;
  readonly #reference: string;
  readonly #pool: WorkerPool;
  readonly #options: ShrinkFailureOptions;
  #plan: Plan;
  #decisions: DecisionLog | null;
  /** Of the smallest so far. */
  #found: Found | null = null;
  #cpuMs = 0;
  #runs = 0;

  constructor({ scenario, plan, driven }: Subject, loaded: Scenario, pool: WorkerPool, options: ShrinkFailureOptions) {
    this.#scenario = loaded;
    this.#reference = scenario;
    this.#pool = pool;
    this.#options = options;
    this.#plan = plan;
    this.#decisions = driven.decisions ?? null;
  }

  async toEnd(): Promise<ShrunkFailure> {
    const first = await this.#first();
    this.#found = first;
    // A smaller plan that violates the property in another way is of another failure.
    const kind = fingerprint(first.violation);
    await this.#smallerPlan(first, kind, PLAN_SHARE);
    let drawing: readonly string[] | null = null;
    if (this.#decisions === null) {
      const mattering = await this.#mattering(kind);
      if (mattering !== null) {
        this.#decisions = mattering.log;
        drawing = mattering.drawing;
        // What it took to come to the right draw may go when that is forced, and what is forced may come earlier in the smaller plan.
        for (let round = 0; round < ROUNDS; round++) {
          await this.#smallerPlan(this.#found, kind, 1);
          const { forced } = this.#decisions;
          this.#decisions = await simplerForced(this.#decisions, this.#withDecisions(kind));
          if (this.#decisions.forced.length === forced.length && this.#decisions.forced.every((each) => forced.includes(each)))
            break;
        }
      }
    }
    const { violation, operations } = this.#found;
    const last = await this.#lastRun(kind);
    return {
      plan: this.#plan,
      property: violation.property,
      fingerprint: kind,
      note: (last?.message ?? violation.message).split('\n')[0] ?? '',
      ...(this.#decisions === null ? {} : { decisions: withoutAbsent(this.#decisions, last?.recording) }),
      ...(last === null ? {} : { traceHash: last.traceHash }),
      drawing,
      operations,
      runs: this.#runs,
      cpuMs: this.#cpuMs,
    };
  }

  /** What is made small. Throws UsageError if it does not fail so. */
  async #first(): Promise<Found> {
    const { property } = this.#options;
    // The one that is asked for may not be the first.
    const answer = await this.#attempt(this.#plan, property === undefined ? {} : TO_THE_END);
    const violation = answer.outcome.violations.find((each) => property === undefined || each.property === property);
    if (violation !== undefined) return foundOf(violation, this.#plan, answer);
    const which = property === undefined ? 'no property' : `not the property ${property}`;
    throw new UsageError(`seed ${this.#plan.seed} of ${this.#reference} violates ${which}: there is nothing to shrink`);
  }

  async #smallerPlan(first: Found, kind: string, share: number): Promise<void> {
    const { plan } = await shrinkPlan(this.#plan, first, {
      ...this.#options,
      failure: async (candidate) =>
        isUsable(candidate, this.#scenario) ? await this.#fails(candidate, this.#decisions, kind) : null,
      isOver: () => this.#isOver(share),
      onProgress: (_, best) => this.#options.onProgress?.(this.#runs, { plan: best, decisions: this.#decisions }),
    });
    this.#plan = plan;
  }

  async #mattering(kind: string): Promise<MatteringDecisions | null> {
    if (this.#isOver(1)) return null;
    const options = this.#withDecisions(kind);
    const recording = await options.record(null);
    return recording === null ? null : await shrinkDecisions(recording, options);
  }

  #withDecisions(kind: string) {
    let best = this.#decisions;
    return {
      fails: async (decisions: DecisionLog): Promise<boolean> => {
        const failed = await this.#fails(this.#plan, decisions, kind);
        if (failed !== null) best = decisions;
        this.#options.onProgress?.(this.#runs, { plan: this.#plan, decisions: best });
        return failed !== null;
      },
      record: async (decisions: DecisionLog | null): Promise<Recording | null> => {
        const answer = await this.#attempt(this.#plan, { ...this.#limits(kind), driven: drivenBy(decisions), record: true });
        return violationOf(answer, kind) === undefined ? null : (answer.attempt?.decisions ?? null);
      },
      isOver: () => this.#isOver(1),
    };
  }

  /** To its end, by which a replay is told to be exact; null if that does not come. */
  async #lastRun(kind: string): Promise<LastRun | null> {
    if (this.#options.signal?.aborted === true) return null;
    const answer = await this.#attempt(this.#plan, { ...TO_THE_END, driven: drivenBy(this.#decisions), record: true });
    const { verdict, traceHash } = answer.outcome;
    const violation = violationOf(answer, kind);
    if (verdict === 'error' || violation === undefined) return null;
    return { traceHash, message: violation.message, recording: answer.attempt?.decisions ?? null };
  }

  async #fails(plan: Plan, decisions: DecisionLog | null, kind: string): Promise<Found | null> {
    const answer = await this.#attempt(plan, { ...this.#limits(kind), driven: drivenBy(decisions) });
    const violation = violationOf(answer, kind);
    if (violation === undefined) return null;
    this.#found = foundOf(violation, plan, answer);
    return this.#found;
  }

  #limits(failure: string): Partial<Attempt> {
    return { failure, stopAfterMs: (this.#found?.atMs ?? 0) * PATIENCE + PATIENCE_MS };
  }

  async #attempt(plan: Plan, of: Partial<Attempt>): Promise<RunAnswer> {
    this.#runs++;
    const answer = await this.#pool.submit({
      ...plainJob(this.#reference, plan.seed, this.#options.stallLimitMs ?? STALL_LIMIT_MS),
      plan,
      attempt: { failure: null, stopAfterMs: null, driven: drivenBy(this.#decisions), divert: null, record: false, ...of },
    });
    this.#cpuMs += answer.attempt?.cpuMs ?? answer.outcome.wallMs;
    return answer;
  }

  #isOver(share: number): boolean {
    const { signal, runsMax = RUNS_MAX, cpuMsMax = CPU_MS_MAX } = this.#options;
    return signal?.aborted === true || this.#runs >= runsMax || this.#cpuMs >= cpuMsMax * share;
  }
}

function drivenBy(decisions: DecisionLog | null): Driven {
  return decisions === null ? {} : { decisions };
}

function violationOf({ outcome }: RunAnswer, kind: string): Violation | undefined {
  return outcome.violations.find((violation) => fingerprint(violation) === kind);
}

function foundOf(violation: Violation, { clients }: Plan, { attempt }: RunAnswer): Found {
  const { sends = {}, begins = {}, operations = {} } = attempt ?? {};
  const sum = clients.reduce((all, { name }) => all + (operations[name] ?? 0), 0);
  return { violation, atMs: violation.atMs, sends, begins, operations: sum };
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
