/** The pages of a campaign's failures, each in its bundle's folder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle } from '../campaign/bundle.ts';
import type { Failure } from '../campaign/campaign.ts';
import { failureKinds } from '../campaign/failure-kinds.ts';
import { replayCommand } from '../campaign/commands.ts';
import { PAGE } from './page-name.ts';
import { pageOf } from './page-of.ts';

/** So many get one; `trial open` makes those of the others. A page is a megabyte. */
const PAGES_MAX = 20;

/** First those that stand for their kind. */
export async function writePages(failures: readonly Failure[]): Promise<void> {
  const first = failureKinds(failures).map(({ earliest }) => earliest);
  const rest = failures.filter((failure) => !first.includes(failure));
  for (const { bundle, outcome } of [...first, ...rest].slice(0, PAGES_MAX)) {
    if (bundle === null || outcome.traceHash === '') continue;
    const read = readBundle(bundle);
    const { html } = await pageOf({ bundle: read, plan: read.plan, outcome, reproduce: replayCommand(bundle), mutant: null });
    writeFileSync(join(bundle, PAGE), html);
  }
}
