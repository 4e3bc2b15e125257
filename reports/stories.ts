/** How the failures of a campaign came about, told for one of each kind. */
import { readBundle } from '../campaign/bundle.ts';
import type { Failure } from '../campaign/campaign.ts';
import { tell } from '../campaign/explain/explain.ts';
import type { Told } from '../campaign/explain/story.ts';
import { failureKinds } from '../campaign/failure-kinds.ts';

/** By the folder of a failure's bundle. */
export type Stories = ReadonlyMap<string, readonly Told[]>;

/** Each takes a run, up to the violation. */
const STORIES_MAX = 10;

/** Of the kinds that come first. What came to no result is not told. */
export async function storiesOf(failures: readonly Failure[]): Promise<Stories> {
  const stories = new Map<string, readonly Told[]>();
  for (const { earliest } of failureKinds(failures).slice(0, STORIES_MAX)) {
    const { bundle, outcome } = earliest;
    if (bundle !== null && outcome.verdict === 'fail') stories.set(bundle, await tell(readBundle(bundle)));
  }
  return stories;
}
