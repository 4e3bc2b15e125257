/**
 * Determinism, checked: every seed runs twice, the second time in other threads and in the opposite order, and the trace
 * hashes are compared, and so is all else that a run comes to (verdict, violations, marks, excuses, counts). Where hashes differ, both run once more, each in a fresh thread, recording the window in which the
 * running hashes part, to name the first event that differs.
 */
import { isDeepStrictEqual } from 'node:util';
import { firstDifference, firstDifferentEntry } from '../world/trace-hash.ts';
import { HASH_WINDOW } from '../sim/run.ts';
import { plainJob, type Recording, type RunAnswer } from './job.ts';
import { loadScenario, scenarioReference } from './load-scenario.ts';
import type { SeedOutcome } from './outcome.ts';
import { WorkerPool, workerCount } from './pool.ts';
import { type SeedRange, seedsOf } from './seeds.ts';
import { STALL_LIMIT_MS } from './stall.ts';
import { UsageError } from './usage.ts';

export interface VerifyOptions {
  readonly scenarios?: readonly string[];
  readonly seeds?: SeedRange;
  readonly workers?: number;
  readonly stallLimitMs?: number;
  readonly signal?: AbortSignal;
  /** Runs done so far, of how many. */
  readonly onProgress?: (done: number, all: number) => void;
  readonly runner?: URL;
}

interface Difference {
  readonly scenario: string;
  readonly seed: number;
  /** One sentence: what differs, and the first event in which it does. */
  readonly message: string;
}

export interface VerifyReport {
  /** Seeds that ran twice. */
  readonly compared: number;
  readonly differences: readonly Difference[];
  /** Seeds that came to no result, which is a failure of the harness too. */
  readonly errors: readonly SeedOutcome[];
  readonly interrupted: boolean;
}

interface Key {
  readonly scenario: string;
  readonly seed: number;
}

export async function verify(options: VerifyOptions = {}): Promise<VerifyReport> {
  const scenarios = (options.scenarios ?? ['standard']).map(scenarioReference);
  for (const scenario of scenarios) if (options.runner === undefined) await loadScenario(scenario);
  const range = options.seeds ?? { from: 1, to: 20 };
  const keys = [...seedsOf(range)].flatMap((seed) => scenarios.map((scenario) => ({ scenario, seed })));
  let done = 0;
  const told = () => options.onProgress?.(++done, keys.length * 2);
  const first = await pass(keys, options, told);
  const second = await pass(keys.toReversed(), options, told);
  const errors: SeedOutcome[] = [];
  const differences: Difference[] = [];
  let compared = 0;
  for (const key of keys) {
    const one = first.get(nameOf(key));
    const other = second.get(nameOf(key));
    if (one === undefined || other === undefined) continue;
    compared++;
    const broken = [one, other].find((answer) => answer.outcome.verdict === 'error');
    if (broken !== undefined) errors.push(broken.outcome);
    const message = broken === undefined ? await difference(key, one, other, options) : null;
    if (message !== null) differences.push({ ...key, message });
  }
  return { compared, differences, errors, interrupted: options.signal?.aborted === true };
}

function nameOf({ scenario, seed }: Key): string {
  return `${scenario} ${seed}`;
}

async function pass(keys: readonly Key[], options: VerifyOptions, told: () => void): Promise<Map<string, RunAnswer>> {
  const answers = new Map<string, RunAnswer>();
  const pool = poolOf(options, workerCount(options.workers, keys.length));
  const left = keys.values();
  const lane = async (): Promise<void> => {
    for (const key of left) {
      if (options.signal?.aborted === true) return;
      const job = { ...plainJob(key.scenario, key.seed, options.stallLimitMs ?? STALL_LIMIT_MS), hashWindows: true };
      const answer = await pool.submit(job);
      if (answer.unusable !== undefined) throw new UsageError(answer.unusable);
      answers.set(nameOf(key), answer);
      told();
    }
  };
  try {
    await Promise.all(Array.from({ length: pool.appetite }, lane));
  } finally {
    await pool.close();
  }
  return answers;
}

function poolOf(options: VerifyOptions, workers: number): WorkerPool {
  return new WorkerPool({ workers, ...(options.runner === undefined ? {} : { runner: options.runner }) });
}

/** A sentence about where two runs part, or null if they are the same. */
async function difference(key: Key, one: RunAnswer, other: RunAnswer, options: VerifyOptions): Promise<string | null> {
  const a = one.outcome;
  const b = other.outcome;
  const parts = partsOf(a, b);
  if (a.traceHash === b.traceHash) {
    return parts.length === 0 ? null : `the trace hash is the same, but not what came of it: ${parts.join('; ')}`;
  }
  const hashes = `trace hash ${a.traceHash} after ${a.events} events and ${b.traceHash} after ${b.events}`;
  const what = a.verdict === b.verdict ? hashes : `verdict ${a.verdict} and ${b.verdict}; ${hashes}`;
  const window = firstDifference(one.hashWindows ?? [], other.hashWindows ?? [], HASH_WINDOW) ?? lastWindow(one, other);
  const recordings: Recording[] = [];
  for (let i = 0; i < 2; i++) {
    // A fresh thread each, because a difference between the first and a later run in one thread is the likeliest cause.
    const pool = poolOf(options, 1);
    const job = { ...plainJob(key.scenario, key.seed, options.stallLimitMs ?? STALL_LIMIT_MS), record: window };
    const { recording } = await pool.submit(job);
    await pool.close();
    if (recording !== null) recordings.push(recording);
  }
  const [left, right] = recordings;
  if (left === undefined || right === undefined) return `${what}; it could not be recorded again`;
  return `${what}; ${firstDifferent(left, right) ?? sameAgain(window)}`;
}

/** What two runs of one seed came to and is not the same, with both values; the real time that they took may differ. */
export function partsOf(one: SeedOutcome, other: SeedOutcome): string[] {
  const left: Readonly<Record<string, unknown>> = { ...one };
  const right: Readonly<Record<string, unknown>> = { ...other };
  return Object.keys(left)
    .filter((key) => key !== 'wallMs' && key !== 'traceHash' && !isDeepStrictEqual(left[key], right[key]))
    .map((key) => `${key} ${short(left[key])} and ${short(right[key])}`);
}

const VALUE_MAX = 300;

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none';
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}...` : text;
}

/** Fewer events than a window holds after the last common checkpoint. */
function lastWindow(one: RunAnswer, other: RunAnswer): { from: number; to: number } {
  const from = Math.min(one.hashWindows?.length ?? 0, other.hashWindows?.length ?? 0) * HASH_WINDOW;
  return { from, to: from + HASH_WINDOW };
}

function sameAgain(window: { readonly from: number; readonly to: number }): string {
  return `the first difference lay in events ${window.from} to ${window.to}, and did not show again in fresh threads: look for state that one run leaves to the next`;
}

/** The first event in which two recordings differ, and what was narrated there; null if they are the same. */
function firstDifferent(one: Recording, other: Recording): string | null {
  const entry = firstDifferentEntry(one.entries, other.entries);
  const at = one.lines.findIndex((line, index) => line !== other.lines[index]);
  const line = at === -1 && other.lines.length > one.lines.length ? one.lines.length : at;
  const parts: string[] = [];
  if (entry !== null) {
    const event = entry.one ?? entry.other;
    const place = `event ${event?.index} at ${((event?.timeUs ?? 0) / 1e6).toFixed(6)} s`;
    parts.push(`the first event that differs is ${place}: ${describe(entry.one)} and ${describe(entry.other)}`);
  }
  if (line !== -1) {
    parts.push(
      `the first line of the trace that differs is "${one.lines[line]?.trim() ?? 'none'}" and "${other.lines[line]?.trim() ?? 'none'}"`,
    );
  }
  return parts.length === 0 ? null : parts.join('; ');
}

function describe(entry: { readonly process: string; readonly kind: string } | null): string {
  return entry === null ? 'none' : `${entry.kind} in ${entry.process}`;
}
