/** From a run that was made to the page that makes it again. */
import { statSync } from 'node:fs';
import type { Bundle } from '../campaign/bundle.ts';
import { codeDigest } from '../campaign/code-digest.ts';
import type { SeedOutcome } from '../campaign/outcome.ts';
import { versions } from '../campaign/versions.ts';
import type { NamedMutant } from '../campaign/zoo/mutant.ts';
import type { Plan } from '../sim/plan.ts';
import { viewCode, workerCode } from './page-bundle.ts';
import { pageFile } from './page-file.ts';
import type { PageData } from './page/page-data.ts';

interface PageSubject {
  readonly bundle: Pick<Bundle, 'scenario' | 'driven' | 'made'>;
  readonly plan: Plan;
  readonly outcome: SeedOutcome;
  readonly reproduce: string;
  readonly mutant: NamedMutant | null;
}

/** The page of a run that came to this. */
export async function pageOf({ bundle, plan, outcome, reproduce, mutant }: PageSubject): Promise<string> {
  const isFile = statSync(bundle.scenario, { throwIfNoEntry: false })?.isFile() === true;
  const isSameCode = bundle.made === null || bundle.made.code === codeDigest(bundle.scenario);
  const { trial, node, platform } = bundle.made?.versions ?? versions();
  const data: PageData = {
    formatVersion: 1,
    plan,
    // A seed's own decisions come again under the same code; recorded ones are needed only where that is another.
    driven: isSameCode && 'replay' in bundle.driven ? {} : bundle.driven,
    expected: { verdict: outcome.verdict, traceHash: outcome.traceHash, by: `kafka-trial ${trial}, Node ${node}, ${platform}` },
    codeChanged: isSameCode ? null : 'the code has changed since the bundle was written',
    reproduce,
    mutant: mutant === null ? null : `${mutant.id}: ${mutant.title}`,
  };
  const [view, worker] = await Promise.all([viewCode(), workerCode({ scenarioFile: isFile ? bundle.scenario : null, mutant })]);
  return pageFile({ title: titleOf(outcome), data, view, worker });
}

function titleOf({ scenario, seed, violations }: SeedOutcome): string {
  const [first] = violations;
  return `${first === undefined ? 'Trial' : `${first.property} violated`}: seed ${seed} of ${scenario.split(/[\\/]/).at(-1)}`;
}
