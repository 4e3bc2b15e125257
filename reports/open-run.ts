/** `trial open`: a run as one HTML file that runs it again, to be scrubbed through and changed. */
import { statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Bundle } from '../campaign/bundle.ts';
import { shellWord } from '../campaign/commands.ts';
import { prepareFile } from '../campaign/files.ts';
import { plainJob } from '../campaign/job.ts';
import type { SeedOutcome } from '../campaign/outcome.ts';
import { WorkerPool } from '../campaign/pool.ts';
import { STALL_LIMIT_MS } from '../campaign/stall.ts';
import { EXIT, type ExitStatus, UsageError } from '../campaign/usage.ts';
import { loadMutant } from '../campaign/zoo/load-zoo.ts';
import type { NamedMutant } from '../campaign/zoo/mutant.ts';
import { mutantRunner } from '../campaign/zoo/mutant-url.ts';
import { bundleName } from '../campaign/bundle.ts';
import { PAGE } from './page-name.ts';
import { pageOf } from './page-of.ts';
import { againOf, runDriven, seedOrBundle } from './single-run.ts';

export interface OpenOptions {
  readonly scenario?: string;
  /** Where the page is written. Default: in a bundle's folder, or here. */
  readonly out?: string;
  /** A bug of the zoo that is put into the run's Kafka, in a checkout of the repository. */
  readonly mutant?: string;
  readonly stallLimitMs?: number;
}

export async function open(what: string, options: OpenOptions): Promise<ExitStatus> {
  if (options.out !== undefined) prepareFile(options.out);
  const mutant = options.mutant === undefined ? null : await loadMutant(options.mutant);
  const { scenario, plan, bundle } = await seedOrBundle(what, options.scenario ?? mutant?.scenario);
  const outcome =
    bundle.outcome ??
    (mutant === null
      ? (await runDriven(scenario, plan, bundle.driven, stallLimit(options))).outcome
      : await mutantOutcome(mutant, bundle, options));
  const file = options.out ?? defaultFile(what, outcome, mutant);
  const reproduce =
    mutant === null
      ? againOf(what, bundle, options.scenario).reproduce
      : `npx trial open ${shellWord(what)} --scenario ${shellWord(bundle.scenario)} --mutant ${mutant.id}`;
  const { html, recordedBecause } = await pageOf({ bundle, plan, outcome, reproduce, mutant });
  writeFileSync(file, html);
  const first = outcome.violations[0];
  const came = outcome.verdict === 'pass' ? 'passed' : first === undefined ? 'came to no result' : `violates ${first.property}`;
  const shows =
    recordedBecause === null
      ? 'runs it again in a browser'
      : `shows it as it was recorded, for no browser can run it (${recordedBecause})`;
  process.stdout.write(
    `Seed ${plan.seed} of ${plan.scenario} ${came}. Its page, ${megabytes(html)}, ${shows}:\n  ${resolve(file)}\n`,
  );
  return EXIT.held;
}

function defaultFile(what: string, outcome: SeedOutcome, mutant: NamedMutant | null): string {
  if (statSync(what, { throwIfNoEntry: false })?.isDirectory() === true) return join(what, PAGE);
  return `trial-${mutant === null ? '' : `${mutant.id}-`}${bundleName(outcome)}.html`;
}

/** In a thread of its own, whose Kafka has the bug. */
async function mutantOutcome(mutant: NamedMutant, bundle: Bundle, options: OpenOptions): Promise<SeedOutcome> {
  const pool = new WorkerPool({ workers: 1, runner: mutantRunner(mutant.id) });
  try {
    const job = plainJob(bundle.scenario, bundle.plan.seed, options.stallLimitMs ?? STALL_LIMIT_MS);
    const { outcome, unusable } = await pool.submit({ ...job, plan: bundle.plan });
    if (unusable !== undefined) throw new UsageError(unusable);
    return outcome;
  } finally {
    await pool.close();
  }
}

function stallLimit({ stallLimitMs }: OpenOptions): { readonly stallLimitMs?: number } {
  return stallLimitMs === undefined ? {} : { stallLimitMs };
}

function megabytes(html: string): string {
  return `${(Buffer.byteLength(html) / 1e6).toFixed(2)} MB`;
}
