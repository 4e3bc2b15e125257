/**
 * Lets the explorers race: each looks for the same mutants from the same starting seeds, one seed after the other, to its first detection or to
 * a limit. A run ends at its first violation; it counts only if the code without the mutant passes the same plan.
 */
import { Exploration } from '../explore/exploration.ts';
import { EXPLORER_NAMES, EXPLORERS, type ExplorerName } from '../explore/registry.ts';
import { type Attempt, plainJob, type RunJob } from '../job.ts';
import { loadScenario } from '../load-scenario.ts';
import { WorkerPool, workerCount } from '../pool.ts';
import type { SeedRange } from '../seeds.ts';
import { STALL_LIMIT_MS } from '../stall.ts';
import { UsageError } from '../usage.ts';
import { loadMutants } from './load-zoo.ts';
import type { NamedMutant } from './mutant.ts';
import type { MutantRunAnswer } from './mutant-runner.ts';
import { mutantRunner } from './mutant-url.ts';
import type { RaceRun } from './race-score.ts';

export interface RaceOptions {
  /** Names of mutants; by default those that are rated medium or hard and are not masked. */
  readonly ids?: readonly string[];
  /** Seeds from the first on that each explorer has, from each starting seed. Default 1..100. */
  readonly seeds?: SeedRange;
  /** Starting seeds, a thousand apart. Default 3. */
  readonly starts?: number;
  /** Begin no mutant after this real time, ms. */
  readonly forMs?: number;
  readonly workers?: number;
  readonly stallLimitMs?: number;
  readonly signal?: AbortSignal;
  /** Called when all explorers have come to their end with a mutant, from one starting seed. */
  readonly onRuns?: (runs: readonly RaceRun[]) => void;
}

export interface RaceReport {
  readonly runs: readonly RaceRun[];
  readonly endedBy: 'all done' | 'time' | 'interrupt';
  readonly wallMs: number;
  readonly workers: number;
}

const STARTS = 3;
/** No campaign of a race comes so far. */
const BETWEEN_STARTS = 1_000;
const TO_FIRST_VIOLATION: Attempt = { failure: null, stopAfterMs: null, decisions: null, divert: null, record: false };

export async function race(options: RaceOptions = {}): Promise<RaceReport> {
  const { from, to } = options.seeds ?? { from: 1, to: 100 };
  if (to - from >= BETWEEN_STARTS) throw new UsageError(`explorers race over ${BETWEEN_STARTS} seeds at most`);
  const ids = options.ids ?? [];
  const mutants = (await loadMutants(ids)).filter(
    ({ difficulty, masked }) => ids.length > 0 || (difficulty !== 'easy' && masked === undefined),
  );
  const heats = Array.from({ length: options.starts ?? STARTS }, (_, start) =>
    mutants.map((mutant) => ({ mutant, start: from + start * BETWEEN_STARTS })),
  ).flat();
  const startedMs = performance.now();
  const workers = workerCount(options.workers, heats.length);
  const clean = new WorkerPool({ workers: 1 });
  const runs: RaceRun[] = [];
  let endedBy: RaceReport['endedBy'] = 'all done';
  const shouldEnd = (): boolean => {
    if (options.signal?.aborted === true) endedBy = 'interrupt';
    else if (options.forMs !== undefined && performance.now() - startedMs >= options.forMs) endedBy = 'time';
    return endedBy !== 'all done';
  };
  const waiting = heats.values();
  const lane = async (): Promise<void> => {
    for (const { mutant, start } of waiting) {
      if (shouldEnd()) return;
      const of = new Heat(mutant, start, to - from + 1, options, clean);
      const its = await of.toEnd();
      // What was cut short compares nobody.
      if (its === null) return;
      runs.push(...its);
      options.onRuns?.(its);
    }
  };
  try {
    await Promise.all(Array.from({ length: workers }, lane));
  } finally {
    await clean.close();
  }
  return { runs, endedBy, wallMs: performance.now() - startedMs, workers };
}

/** One mutant, from one starting seed. */
class Heat {
  readonly #mutant: NamedMutant;
  readonly #scenario: string;
  readonly #start: number;
  readonly #limit: number;
  readonly #options: RaceOptions;
  readonly #clean: WorkerPool;

  constructor(mutant: NamedMutant, start: number, limit: number, options: RaceOptions, clean: WorkerPool) {
    this.#mutant = mutant;
    this.#scenario = mutant.scenario ?? 'standard';
    this.#start = start;
    this.#limit = limit;
    this.#options = options;
    this.#clean = clean;
  }

  /** What each explorer came to; null if it was interrupted. */
  async toEnd(): Promise<readonly RaceRun[] | null> {
    const pool = new WorkerPool({ workers: 1, runner: mutantRunner(this.#mutant.id) });
    const runs: RaceRun[] = [];
    try {
      for (const explorer of EXPLORER_NAMES) {
        const run = await this.#explore(explorer, pool);
        if (run === null) return null;
        runs.push(run);
      }
    } finally {
      await pool.close();
    }
    return runs;
  }

  async #explore(explorer: ExplorerName, pool: WorkerPool): Promise<RaceRun | null> {
    const exploration = new Exploration(EXPLORERS[explorer](await loadScenario(this.#scenario), this.#start));
    const { id: mutant, difficulty } = this.#mutant;
    const of = { mutant, difficulty, explorer, start: this.#start };
    let cpuMs = 0;
    for (let seeds = 1; seeds <= this.#limit; seeds++) {
      if (this.#options.signal?.aborted === true) return null;
      const seed = this.#start + seeds - 1;
      const plan = await exploration.next(seed);
      const job: RunJob = {
        ...plainJob(this.#scenario, seed, this.#options.stallLimitMs ?? STALL_LIMIT_MS),
        plan,
        attempt: TO_FIRST_VIOLATION,
      };
      const answer = (await pool.submit(job)) as Partial<MutantRunAnswer> & Awaited<ReturnType<WorkerPool['submit']>>;
      if (answer.unusable !== undefined) throw new UsageError(answer.unusable);
      const { outcome } = answer;
      // A run whose thread died has told of no processor time.
      cpuMs += answer.cpuMs ?? outcome.wallMs;
      if (outcome.verdict !== 'pass' && (await this.#passesWithout(job))) return { ...of, found: true, seeds, cpuMs };
      if (plan !== null) exploration.took({ plan, outcome });
    }
    return { ...of, found: false, seeds: this.#limit, cpuMs };
  }

  async #passesWithout({ attempt: _, ...job }: RunJob): Promise<boolean> {
    const { outcome } = await this.#clean.submit(job);
    return outcome.verdict === 'pass';
  }
}
