/**
 * A campaign: many seeds of one or more scenarios over worker threads. Results come as they are ready; the sums do not depend
 * on the order. What is not a seed's own failure (a bad option, an unwritable folder) is thrown before anything runs.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bundleName, writeBundle } from './bundle.ts';
import { Exploration } from './explore/exploration.ts';
import { EXPLORERS, type ExplorerName } from './explore/registry.ts';
import { type FailedSeed, readFailedSeeds, rememberFailedSeed } from './failed-seeds.ts';
import { prepareFile, prepareFolder } from './files.ts';
import { plainJob, type RunAnswer } from './job.ts';
import { loadScenario, scenarioReference } from './load-scenario.ts';
import type { SeedOutcome } from './outcome.ts';
import { WorkerPool, workerCount } from './pool.ts';
import { belongsTo, countSeeds, type SeedRange, type Shard, seedsOf } from './seeds.ts';
import { STALL_LIMIT_MS } from './stall.ts';
import { Totals } from './totals.ts';
import { EXIT, type ExitStatus, UsageError } from './usage.ts';

export interface CampaignOptions {
  /** Names of scenarios, or paths of their files. Default: `standard`. */
  readonly scenarios?: readonly string[];
  /** Default 1..100; from 1 on, if a time is given. */
  readonly seeds?: SeedRange;
  /** A list of seeds that ever failed (failed-seeds.ts): those of these scenarios run first, and what fails now is added. */
  readonly fromFailures?: string;
  /** Begin no new seed after this real time, ms. */
  readonly forMs?: number;
  readonly shard?: Shard;
  /** Who makes the plans of the seeds. Default `random`: each has its own. Another one needs `out`, which keeps what can't be made from a seed. */
  readonly explore?: ExplorerName;
  /** Default: as many as the machine has processors. There are never more than runs, or than four for each processor. */
  readonly workers?: number;
  /** Stop at this many seeds that did not pass; what others come to that ran at the same time is dropped. */
  readonly bail?: number;
  /** Folder for results.ndjson and the bundles of failing seeds; nothing is written without it. */
  readonly out?: string;
  /** Real time a seed may go without progress, ms. Default 20,000. */
  readonly stallLimitMs?: number;
  /** Ends the campaign: no seed is begun, those under way have a few seconds to finish, and do not count if they don't. */
  readonly signal?: AbortSignal;
  readonly onOutcome?: (outcome: SeedOutcome, totals: Totals) => void;
  /** Module whose `runJob` the workers call, for tests. */
  readonly runner?: URL;
}

export interface Failure {
  readonly scenario: string;
  readonly outcome: SeedOutcome;
  /** Its bundle's folder, if the campaign writes any. */
  readonly bundle: string | null;
}

export interface CampaignReport {
  readonly totals: Totals;
  readonly failures: readonly Failure[];
  readonly endedBy: 'all seeds done' | 'time' | 'bail' | 'interrupt';
  readonly wallMs: number;
  readonly workers: number;
}

/** The exit status that a campaign comes to. What was found counts, however the campaign ended. */
export function exitStatusOf({ totals, endedBy }: CampaignReport): ExitStatus {
  const status = totals.exitStatus;
  return status === EXIT.held && endedBy === 'interrupt' ? EXIT.interrupted : status;
}

/** How many runs the options ask for; Infinity if a time limit ends the campaign. */
export function runsAskedFor(options: CampaignOptions): number {
  const ofRange = countSeeds(rangeOf(options), options.shard) * scenariosOf(options).length;
  const { from, to } = rangeOf(options);
  return ofRange + failedBefore(options).filter(({ seed }) => seed < from || seed > to).length;
}

function scenariosOf({ scenarios }: CampaignOptions): string[] {
  return (scenarios ?? ['standard']).map(scenarioReference);
}

/** What the campaign runs before anything else. */
function failedBefore(options: CampaignOptions): FailedSeed[] {
  const { fromFailures, shard } = options;
  if (fromFailures === undefined) return [];
  const scenarios = scenariosOf(options);
  return readFailedSeeds(fromFailures).filter(({ scenario, seed }) => scenarios.includes(scenario) && belongsTo(seed, shard));
}

/** The seeds a campaign goes through. */
function rangeOf({ seeds, forMs }: CampaignOptions): SeedRange {
  return seeds ?? { from: 1, to: forMs === undefined ? 100 : Number.POSITIVE_INFINITY };
}

/** Real time that seeds under way have after an interrupt, ms. */
const LAST_CALL_MS = 3_000;
/** Failing seeds that are run again for trace and decisions, which the others' bundles do not have. */
const TRACES_MAX = 20;

export async function campaign(options: CampaignOptions = {}): Promise<CampaignReport> {
  const scenarios = scenariosOf(options);
  if (options.fromFailures !== undefined) prepareFile(options.fromFailures);
  for (const scenario of scenarios) if (options.runner === undefined) await loadScenario(scenario);
  if (options.out === undefined && (options.explore ?? 'random') !== 'random') {
    throw new UsageError(
      `what "--explore ${options.explore}" makes can't be made again from a seed alone: give a folder for the plans that fail, by --out`,
    );
  }
  if (options.out !== undefined) prepareFolder(options.out);
  const run = new CampaignRun(scenarios, options, await explorationsOf(scenarios, options));
  return await run.toEnd();
}

/** By scenario; none where seeds have their own plans, which workers make. */
async function explorationsOf(scenarios: readonly string[], options: CampaignOptions): Promise<ReadonlyMap<string, Exploration>> {
  const { explore = 'random' } = options;
  if (explore === 'random') return new Map();
  const make = EXPLORERS[explore];
  const { from } = rangeOf(options);
  return new Map(
    await Promise.all(scenarios.map(async (name) => [name, new Exploration(make(await loadScenario(name), from))] as const)),
  );
}

class CampaignRun {
  readonly #options: CampaignOptions;
  readonly #explorations: ReadonlyMap<string, Exploration>;
  readonly #jobs: Iterator<CampaignJob>;
  readonly #workers: number;
  readonly #pool: WorkerPool;
  readonly #totals = new Totals();
  readonly #failures: Failure[] = [];
  readonly #results: number | null;
  readonly #traces: Promise<unknown>[] = [];
  readonly #startedMs = performance.now();
  #endedBy: CampaignReport['endedBy'] | null = null;
  /** After the last call, or at the bail limit: answers that still come are not results. */
  #cut = false;

  constructor(scenarios: readonly string[], options: CampaignOptions, explorations: ReadonlyMap<string, Exploration>) {
    this.#options = options;
    this.#explorations = explorations;
    this.#jobs = jobsOf(failedBefore(options), scenarios, rangeOf(options), options.shard);
    this.#workers = workerCount(options.workers, runsAskedFor(options));
    this.#results = options.out === undefined ? null : openSync(join(options.out, 'results.ndjson'), 'w');
    this.#pool = new WorkerPool({
      workers: this.#workers,
      ...(options.runner === undefined ? {} : { runner: options.runner }),
    });
  }

  async toEnd(): Promise<CampaignReport> {
    let lastCall: NodeJS.Timeout | null = null;
    const onAbort = () => {
      lastCall ??= setTimeout(() => {
        this.#cut = true;
        void this.#pool.close();
      }, LAST_CALL_MS);
    };
    this.#options.signal?.addEventListener('abort', onAbort);
    try {
      await Promise.all(Array.from({ length: this.#pool.appetite }, () => this.#lane()));
      await Promise.all(this.#traces);
    } finally {
      this.#options.signal?.removeEventListener('abort', onAbort);
      if (lastCall !== null) clearTimeout(lastCall);
      await this.#pool.close();
      if (this.#results !== null) closeSync(this.#results);
    }
    return {
      totals: this.#totals,
      failures: this.#failures,
      endedBy: this.#endedBy ?? 'all seeds done',
      wallMs: performance.now() - this.#startedMs,
      workers: this.#workers,
    };
  }

  /** Runs seeds one after the other; as many lanes as the pool has appetite. */
  async #lane(): Promise<void> {
    for (;;) {
      if (this.#shouldEnd()) return;
      const next = this.#jobs.next();
      if (next.done === true) return;
      const { scenario, seed, isKnown } = next.value;
      const exploration = isKnown ? undefined : this.#explorations.get(scenario);
      if (exploration === undefined) {
        this.#took(scenario, await this.#pool.submit(plainJob(scenario, seed, this.#stallLimitMs)));
        continue;
      }
      const plan = await exploration.next(seed);
      // The campaign was ended while this seed waited for what others come to.
      if (plan === null) return;
      const answer = await this.#pool.submit({ ...plainJob(scenario, seed, this.#stallLimitMs), plan });
      exploration.took({ plan, outcome: answer.outcome });
      this.#took(scenario, { ...answer, outcome: { ...answer.outcome, explorer: this.#options.explore } });
    }
  }

  get #stallLimitMs(): number {
    return this.#options.stallLimitMs ?? STALL_LIMIT_MS;
  }

  #shouldEnd(): boolean {
    const { signal, forMs } = this.#options;
    if (signal?.aborted === true) this.#endedBy ??= 'interrupt';
    else if (forMs !== undefined && performance.now() - this.#startedMs >= forMs) this.#endedBy ??= 'time';
    if (this.#endedBy === null) return false;
    for (const exploration of this.#explorations.values()) exploration.close();
    return true;
  }

  #took(scenario: string, answer: RunAnswer): void {
    if (this.#cut) return;
    if (answer.unusable !== undefined) throw new UsageError(answer.unusable);
    const outcome = { ...answer.outcome, endedAtMs: Math.round(performance.now() - this.#startedMs) };
    this.#totals.add(outcome);
    if (this.#results !== null) writeSync(this.#results, `${JSON.stringify(outcome)}\n`);
    if (outcome.verdict !== 'pass') {
      const { fromFailures } = this.#options;
      if (fromFailures !== undefined) rememberFailedSeed(fromFailures, { scenario, seed: outcome.seed });
      this.#failed(scenario, { ...answer, outcome });
    }
    if (this.#failures.length >= (this.#options.bail ?? Number.POSITIVE_INFINITY)) {
      this.#endedBy ??= 'bail';
      this.#cut = true;
    }
    this.#options.onOutcome?.(outcome, this.#totals);
  }

  #failed(scenario: string, { outcome, plan }: RunAnswer): void {
    const { out } = this.#options;
    if (out === undefined) {
      this.#failures.push({ scenario, outcome, bundle: null });
      return;
    }
    const bundle = join(out, 'failures', bundleName(outcome));
    const later = writeBundle(bundle, scenario, plan, outcome);
    this.#failures.push({ scenario, outcome, bundle });
    // A seed without a plan never came to a result: running it again would hang or die once more.
    if (outcome.verdict === 'error' && plan === null) return;
    if (this.#traces.length >= TRACES_MAX) return;
    const job = { ...plainJob(scenario, outcome.seed, this.#stallLimitMs), plan, ...later };
    this.#traces.push(this.#pool.submit(job, { urgent: true }));
  }
}

interface CampaignJob extends FailedSeed {
  /** It failed before, with its own plan. */
  readonly isKnown: boolean;
}

/** Those that failed before, then the range without them. */
function* jobsOf(
  first: readonly FailedSeed[],
  scenarios: readonly string[],
  range: SeedRange,
  shard: Shard | undefined,
): Generator<CampaignJob> {
  for (const failed of first) yield { ...failed, isKnown: true };
  const done = new Set(first.map(({ scenario, seed }) => `${seed} ${scenario}`));
  for (const seed of seedsOf(range, shard)) {
    for (const scenario of scenarios) if (!done.has(`${seed} ${scenario}`)) yield { scenario, seed, isKnown: false };
  }
}
