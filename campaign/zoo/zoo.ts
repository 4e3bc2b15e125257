/**
 * Runs mutants over seeds, each in threads of its own, until properties find them. All get a few seeds first and those that are not found
 * yet get more, so that what is easy is known soon. A detection counts only if the code without the mutant passes the same seed.
 */
import { plainJob, type RunAnswer } from '../job.ts';
import { WorkerPool, workerCount } from '../pool.ts';
import type { SeedRange } from '../seeds.ts';
import { STALL_LIMIT_MS } from '../stall.ts';
import { UsageError } from '../usage.ts';
import { loadMutants } from './load-zoo.ts';
import type { NamedMutant } from './mutant.ts';
import type { MutantRunAnswer } from './mutant-runner.ts';
import { mutantRunner } from './mutant-url.ts';
import { type MutantRun, MutantSearch } from './mutant-search.ts';
import { ZooResults } from './zoo-results.ts';

export interface ZooOptions {
  /** Names of mutants; all by default. */
  readonly ids?: readonly string[];
  /** Default 1..500. */
  readonly seeds?: SeedRange;
  /** Starting seeds from which a detection is looked for. Default 5. */
  readonly starts?: number;
  /** Begin no new run after this real time, ms. */
  readonly forMs?: number;
  readonly workers?: number;
  /** Folder that keeps what was run; a later call goes on from there. */
  readonly resume?: string;
  readonly stallLimitMs?: number;
  readonly signal?: AbortSignal;
  /** Called after each run. */
  readonly onRun?: (entry: ZooEntry, run: MutantRun) => void;
}

/** A mutant and what is known of it. */
export interface ZooEntry {
  readonly mutant: NamedMutant;
  readonly scenario: string;
  readonly search: MutantSearch;
}

export interface ZooReport {
  readonly entries: readonly ZooEntry[];
  readonly endedBy: 'all done' | 'time' | 'interrupt';
  readonly wallMs: number;
  readonly workers: number;
}

const SEEDS: SeedRange = { from: 1, to: 500 };
const STARTS = 5;
/** How many seeds a mutant has had at most when a round ends. */
const ROUNDS = [10, 50, 200, Number.POSITIVE_INFINITY] as const;

/** Throws UsageError, before anything runs, for a mutant that there is not. */
export async function runZoo(options: ZooOptions = {}): Promise<ZooReport> {
  const range = options.seeds ?? SEEDS;
  if (!Number.isFinite(range.to)) throw new UsageError('the zoo goes through a range of seeds that has an end');
  const results = options.resume === undefined ? null : new ZooResults(options.resume);
  const entries = await entriesOf(options.ids, range, options.starts ?? STARTS, results);
  return await new ZooRun(entries, results, options).toEnd();
}

/** All mutants with what a folder holds of their runs. Throws UsageError if it holds those of other sources. */
export async function storedZoo(folder: string): Promise<readonly ZooEntry[]> {
  return await entriesOf([], SEEDS, STARTS, new ZooResults(folder));
}

async function entriesOf(
  ids: readonly string[] | undefined,
  range: SeedRange,
  starts: number,
  results: ZooResults | null,
): Promise<readonly ZooEntry[]> {
  return (await loadMutants(ids)).map((mutant) => {
    const scenario = mutant.scenario ?? 'standard';
    const search = new MutantSearch(range, starts);
    for (const run of results?.runsOf(mutant, scenario) ?? [])
      if (run.seed >= range.from && run.seed <= range.to) search.took(run);
    return { mutant, scenario, search };
  });
}

class ZooRun {
  readonly #entries: readonly ZooEntry[];
  readonly #results: ZooResults | null;
  readonly #options: ZooOptions;
  readonly #workers: number;
  /** Runs without a mutant. */
  readonly #clean: WorkerPool;
  readonly #passes = new Map<string, Promise<boolean>>();
  readonly #startedMs = performance.now();
  #endedBy: ZooReport['endedBy'] | null = null;

  constructor(entries: readonly ZooEntry[], results: ZooResults | null, options: ZooOptions) {
    this.#entries = entries;
    this.#results = results;
    this.#options = options;
    this.#workers = workerCount(options.workers, entries.length);
    this.#clean = new WorkerPool({ workers: 1 });
  }

  async toEnd(): Promise<ZooReport> {
    try {
      for (const limit of ROUNDS) {
        const waiting = this.#entries.filter(({ search }) => search.next() !== null).values();
        await Promise.all(Array.from({ length: this.#workers }, () => this.#lane(waiting, limit)));
      }
    } finally {
      await this.#clean.close();
    }
    return {
      entries: this.#entries,
      endedBy: this.#endedBy ?? 'all done',
      wallMs: performance.now() - this.#startedMs,
      workers: this.#workers,
    };
  }

  async #lane(waiting: Iterator<ZooEntry>, limit: number): Promise<void> {
    for (;;) {
      const next = waiting.next();
      if (next.done === true || this.#shouldEnd()) return;
      await this.#runEntry(next.value, limit);
    }
  }

  async #runEntry(entry: ZooEntry, limit: number): Promise<void> {
    const { mutant, scenario, search } = entry;
    const pool = new WorkerPool({ workers: 1, runner: mutantRunner(mutant.id) });
    try {
      while (search.runs.length < limit && !this.#shouldEnd()) {
        const seed = search.next();
        if (seed === null) return;
        const answer = await pool.submit(plainJob(scenario, seed, this.#options.stallLimitMs ?? STALL_LIMIT_MS));
        if (answer.unusable !== undefined) throw new UsageError(answer.unusable);
        const run = await this.#runOf(answer);
        search.took(run);
        this.#results?.add(mutant, scenario, run);
        this.#options.onRun?.(entry, run);
      }
    } finally {
      await pool.close();
    }
  }

  async #runOf(answer: RunAnswer | MutantRunAnswer): Promise<MutantRun> {
    const { seed, scenario, verdict, violations, error, wallMs } = answer.outcome;
    const failed = [...new Set(violations.map(({ property }) => property))];
    const seen = verdict === 'error' ? ['error'] : verdict === 'fail' ? failed : [];
    const counts = 'probe' in answer ? { ...answer.probe, cpuMs: answer.cpuMs } : { ran: 0, differed: 0, cpuMs: wallMs };
    const detectedBy = seen.length > 0 && (await this.#passesWithout(scenario, seed)) ? seen : [];
    return { seed, detectedBy, error, ...counts };
  }

  #passesWithout(scenario: string, seed: number): Promise<boolean> {
    const key = `${scenario} ${seed}`;
    let passes = this.#passes.get(key);
    if (passes === undefined) {
      const job = plainJob(scenario, seed, this.#options.stallLimitMs ?? STALL_LIMIT_MS);
      passes = this.#clean.submit(job).then(({ outcome }) => outcome.verdict === 'pass');
      this.#passes.set(key, passes);
    }
    return passes;
  }

  #shouldEnd(): boolean {
    const { signal, forMs } = this.#options;
    if (signal?.aborted === true) this.#endedBy ??= 'interrupt';
    else if (forMs !== undefined && performance.now() - this.#startedMs >= forMs) this.#endedBy ??= 'time';
    return this.#endedBy !== null;
  }
}
