/** From a run that was made to the page that makes it again. */
import { statSync } from 'node:fs';
import type { Bundle } from '../campaign/bundle.ts';
import { codeDigest } from '../campaign/code-digest.ts';
import type { Driven } from '../campaign/job.ts';
import { loadScenario } from '../campaign/load-scenario.ts';
import type { SeedOutcome } from '../campaign/outcome.ts';
import { versions } from '../campaign/versions.ts';
import type { NamedMutant } from '../campaign/zoo/mutant.ts';
import type { Plan } from '../sim/plan.ts';
import { NotForBrowsers, viewCode, workerCode, type WorkerSource } from './page-bundle.ts';
import { pageFile } from './page-file.ts';
import { recordedBlock } from './recorded-page.ts';
import type { PageData } from './page/page-data.ts';

interface PageSubject {
  readonly bundle: Pick<Bundle, 'scenario' | 'driven' | 'made'>;
  readonly plan: Plan;
  readonly outcome: SeedOutcome;
  readonly reproduce: string;
  readonly mutant: NamedMutant | null;
}

export interface Page {
  readonly html: string;
  /** Why it shows the run as it was recorded; null: it runs it again. */
  readonly recordedBecause: string | null;
}

/** The page of a run that came to this. Throws UsageError if that can neither run in a browser nor be recorded here. */
export async function pageOf({ bundle, plan, outcome, reproduce, mutant }: PageSubject): Promise<Page> {
  const isFile = statSync(bundle.scenario, { throwIfNoEntry: false })?.isFile() === true;
  const isSameCode = bundle.made === null || bundle.made.code === codeDigest(bundle.scenario);
  const { trial, node, platform } = bundle.made?.versions ?? versions();
  // A seed's own decisions come again under the same code; recorded ones are needed only where that is another.
  const driven = isSameCode && 'replay' in bundle.driven ? {} : bundle.driven;
  const source = { scenarioFile: isFile ? bundle.scenario : null, mutant };
  const run = await runOf(source, () => recorded(bundle.scenario, plan, driven));
  const data: PageData = {
    formatVersion: 1,
    plan,
    driven,
    expected: { verdict: outcome.verdict, traceHash: outcome.traceHash, by: `kafka-trial ${trial}, Node ${node}, ${platform}` },
    codeChanged: isSameCode ? null : 'the code has changed since the bundle was written',
    reproduce,
    recordedBecause: 'because' in run ? run.because : null,
    mutant: mutant === null ? null : `${mutant.id}: ${mutant.title}`,
  };
  const html = pageFile({ title: titleOf(outcome), data, view: await viewCode(), run });
  return { html, recordedBecause: data.recordedBecause };
}

type PageRun = { readonly worker: string } | { readonly recorded: string; readonly because: string };

/** What runs it again, or the run itself where no browser can. */
async function runOf(source: WorkerSource, record: () => Promise<string>): Promise<PageRun> {
  try {
    return { worker: await workerCode(source) };
  } catch (error) {
    // A mutant's Kafka is another than the one that would be recorded here.
    if (!(error instanceof NotForBrowsers) || source.mutant !== null) throw error;
    return { recorded: await record(), because: error.because };
  }
}

async function recorded(reference: string, plan: Plan, driven: Driven): Promise<string> {
  return await recordedBlock(await loadScenario(reference), plan, driven);
}

function titleOf({ scenario, seed, violations }: SeedOutcome): string {
  const [first] = violations;
  return `${first === undefined ? 'Trial' : `${first.property} violated`}: seed ${seed} of ${scenario.split(/[\\/]/).at(-1)}`;
}
