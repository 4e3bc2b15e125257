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
import { type MatteringDecisions, shrinkDecisions } from './shrink-decisions.ts';
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

class Shrinking {
  readonly #bundle: Subject;
  readonly #scenario: Scenario;
  readonly #pool: WorkerPool;
  readonly #options: ShrinkFailureOptions;
  /** What drives the runs, beside their plans' seeds. */
  #driven: Driven;
  #cpuMs = 0;
  #runs = 0;
  /** Of the smallest so far. */
  #last: Violation | null = null;
  #operations = 0;

  constructor(bundle: Subject, scenario: Scenario, pool: WorkerPool, options: ShrinkFailureOptions) {
    this.#bundle = bundle;
    this.#scenario = scenario;
    this.#pool = pool;
    this.#options = options;
    // The seed draws what was recorded, but in another tree.
    this.#driven = bundle.driven.decisions === undefined ? {} : { decisions: bundle.driven.decisions };
  }

  async toEnd(): Promise<ShrunkFailure> {
    const { first, violation } = await this.#first();
    // A smaller plan that violates the property in another way is of another failure.
    const kind = fingerprint(violation);
    this.#last = violation;
    this.#operations = operationsOf(this.#bundle.plan, first);
    const { onProgress = () => {} } = this.#options;
    const given = this.#driven.decisions ?? null;
    const { plan } = await shrinkPlan(this.#bundle.plan, failedOf(violation, first), {
      ...this.#options,
      failure: (candidate) => this.#failure(candidate, kind, this.#driven),
      isOver: () => this.#isOver(PLAN_SHARE),
      onProgress: (_, best) => onProgress(this.#runs, { plan: best, decisions: given }),
    });
    const mattering = given === null ? await this.#decisions(plan, kind) : null;
    const decisions = mattering?.log ?? given;
    const traceHash = await this.#traceHash(plan, decisions);
    const last = this.#last;
    return {
      plan,
      property: last.property,
      fingerprint: kind,
      note: last.message.split('\n')[0] ?? '',
      ...(decisions === null ? {} : { decisions }),
      ...(traceHash === '' ? {} : { traceHash }),
      drawing: mattering?.drawing ?? null,
      operations: this.#operations,
      runs: this.#runs,
      cpuMs: this.#cpuMs,
    };
  }

  /** The run that is made small. Throws UsageError if it does not fail so. */
  async #first(): Promise<{ readonly first: RunAnswer; readonly violation: Violation }> {
    const { plan, scenario, driven } = this.#bundle;
    const { property } = this.#options;
    const wanted = ({ outcome }: RunAnswer): Violation | undefined =>
      outcome.violations.find((violation) => property === undefined || violation.property === property);
    // The one that is asked for may not be the first.
    const of = property === undefined ? {} : TO_THE_END;
    let first = await this.#attempt(plan, { ...of, driven: this.#driven });
    if (wanted(first) === undefined && driven.replay !== undefined) {
      this.#driven = driven;
      first = await this.#attempt(plan, { ...of, driven });
    }
    const violation = wanted(first);
    if (violation !== undefined) return { first, violation };
    const which = property === undefined ? 'no property' : `not the property ${property}`;
    throw new UsageError(`seed ${plan.seed} of ${scenario} violates ${which}: there is nothing to shrink`);
  }

  async #decisions(plan: Plan, kind: string): Promise<MatteringDecisions | null> {
    const { onProgress = () => {} } = this.#options;
    let best: DecisionLog | null = null;
    const record = async (decisions: DecisionLog | null): Promise<Recording | null> => {
      const driven = decisions === null ? this.#driven : { decisions };
      const answer = await this.#attempt(plan, { ...this.#limits(kind), driven, record: true });
      return foundIn(answer, kind) === undefined ? null : (answer.attempt?.decisions ?? null);
    };
    if (this.#isOver(1)) return null;
    const recording = await record(null);
    if (recording === null) return null;
    return await shrinkDecisions(recording, {
      fails: async (decisions) => {
        const failed = await this.#failure(plan, kind, { decisions });
        if (failed !== null) best = decisions;
        onProgress(this.#runs, { plan, decisions: best });
        return failed !== null;
      },
      record,
      isOver: () => this.#isOver(1),
    });
  }

  /** Of the run to its end, by which a replay is told to be exact; empty if it comes to none. */
  async #traceHash(plan: Plan, decisions: DecisionLog | null): Promise<string> {
    if (this.#options.signal?.aborted === true) return '';
    const driven = decisions === null ? this.#driven : { decisions };
    const { outcome } = await this.#attempt(plan, { ...TO_THE_END, driven });
    return outcome.verdict === 'fail' ? outcome.traceHash : '';
  }

  async #failure(plan: Plan, kind: string, driven: Driven): Promise<Failed | null> {
    if (!isUsable(plan, this.#scenario)) return null;
    const answer = await this.#attempt(plan, { ...this.#limits(kind), driven });
    const found = foundIn(answer, kind);
    if (found === undefined) return null;
    this.#last = found;
    this.#operations = operationsOf(plan, answer);
    return failedOf(found, answer);
  }

  #limits(failure: string): Partial<Attempt> {
    return { failure, stopAfterMs: (this.#last?.atMs ?? 0) * PATIENCE + PATIENCE_MS };
  }

  async #attempt(plan: Plan, of: Partial<Attempt>): Promise<RunAnswer> {
    this.#runs++;
    const answer = await this.#pool.submit({
      ...plainJob(this.#bundle.scenario, plan.seed, this.#options.stallLimitMs ?? STALL_LIMIT_MS),
      plan,
      attempt: { failure: null, stopAfterMs: null, driven: {}, divert: null, record: false, ...of },
    });
    this.#cpuMs += answer.attempt?.cpuMs ?? answer.outcome.wallMs;
    return answer;
  }

  #isOver(share: number): boolean {
    const { signal, runsMax = RUNS_MAX, cpuMsMax = CPU_MS_MAX } = this.#options;
    return signal?.aborted === true || this.#runs >= runsMax || this.#cpuMs >= cpuMsMax * share;
  }
}

function operationsOf({ clients }: Plan, { attempt }: RunAnswer): number {
  return clients.reduce((sum, { name }) => sum + (attempt?.operations[name] ?? 0), 0);
}

function foundIn({ outcome }: RunAnswer, kind: string): Violation | undefined {
  return outcome.violations.find((violation) => fingerprint(violation) === kind);
}

function failedOf({ atMs }: Violation, { attempt }: RunAnswer): Failed {
  return { atMs, sends: attempt?.sends ?? {}, begins: attempt?.begins ?? {} };
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
