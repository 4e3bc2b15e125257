/** What goes to a worker thread and what comes back. All of it is plain data. */
import type { Plan } from '../sim/plan.ts';
import type { Diversion } from '../sim/run.ts';
import type { ChanceOptions, Recording as DecisionRecording } from '../world/chance.ts';
import type { TraceEntry } from '../world/trace-hash.ts';
import type { SeedOutcome } from './outcome.ts';

export interface RunJob {
  /** Name of a scenario or absolute path of its file. */
  readonly scenario: string;
  readonly seed: number;
  /** The plan to run; the seed's own, if null. */
  readonly plan: Plan | null;
  /** Real milliseconds that the run may go without progress. */
  readonly stallLimitMs: number;
  /** Send the running hashes too, which are large. */
  readonly hashWindows: boolean;
  /** Write the narrated trace to this file. */
  readonly traceFile: string | null;
  /** Write what chance decides to this file. */
  readonly decisionsFile: string | null;
  /** Keep the kernel's events with from ≤ index < to, and what was narrated in them. */
  readonly record: { readonly from: number; readonly to: number } | null;
  /** For those who try what a failure needs. */
  readonly attempt?: Attempt;
}

/** What drives a run, beside its plan's seed: all decisions of another run, or those that matter; at most one of them. */
export type Driven = Pick<ChanceOptions, 'replay' | 'decisions'>;

/** A run whose only question is whether a failure comes of it. */
export interface Attempt {
  /** Fingerprint of the failure, at which the run stops; null: at the first violation. */
  readonly failure: string | null;
  /** Simulated time after which it is not waited for any more. */
  readonly stopAfterMs: number | null;
  /** What decides beside the seed. */
  readonly driven: Driven;
  readonly divert: Diversion | null;
  /** Send the decisions too. */
  readonly record: boolean;
}

/** What an attempt came to, beside its violations. */
interface AttemptAnswer {
  readonly cpuMs: number;
  /** As in the result. */
  readonly sends: Readonly<Record<string, number>>;
  readonly begins: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, number>>;
  readonly decisions: DecisionRecording | null;
}

export interface Recording {
  readonly entries: readonly TraceEntry[];
  readonly lines: readonly string[];
}

export interface RunAnswer {
  readonly outcome: SeedOutcome;
  /** The plan, unless the run passed. */
  readonly plan: Plan | null;
  readonly hashWindows: readonly string[] | null;
  readonly recording: Recording | null;
  /** Of an attempt that came to a result. */
  readonly attempt?: AttemptAnswer;
  /** The plan can't be used, for this reason: what the user gave is at fault, and nothing ran. */
  readonly unusable?: string;
}

/** A job with nothing special. */
export function plainJob(scenario: string, seed: number, stallLimitMs: number): RunJob {
  return { scenario, seed, plan: null, stallLimitMs, hashWindows: false, traceFile: null, decisionsFile: null, record: null };
}

/** What a worker thread runs; `runner.ts` is the real one. */
export interface Runner {
  readonly runJob: (job: RunJob, watch: RunWatch) => Promise<RunAnswer>;
}

/** By what the pool sees how a job gets on. */
export interface RunWatch {
  readonly pulse: Int32Array;
  /** The run begins, with these processes (`processLabels`). */
  begun(processes: readonly string[]): void;
}
