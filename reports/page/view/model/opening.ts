/** Where a run is opened: at its violation, with as much of the time before it as the end of its story takes; or where the chaos begins. */
import type { RunRecord } from '../../record/run-record.ts';
import type { TimeWindow } from '../draw/stage.ts';

/** At most, and at least, so much is shown before a violation, and after it, µs. */
const BEFORE_MOST_US = 6_000_000;
const BEFORE_LEAST_US = 60_000;
const AFTER_MOST_US = 1_500_000;
/** Sentences that are the end of a story. */
const LATEST = 10;

export function openingUs({ violations, phases }: Pick<RunRecord, 'violations' | 'phases'>): number {
  return violations[0]?.us ?? phases.find(({ phase }) => phase === 'chaos')?.us ?? 0;
}

/** What is shown at first: of a run without a violation all of it. */
export function openingWindow({ violations, story, endUs }: Pick<RunRecord, 'violations' | 'story' | 'endUs'>): TimeWindow {
  const first = violations[0];
  if (first === undefined) return { fromUs: 0, toUs: endUs };
  const { us } = first;
  const told = story?.told ?? [];
  // A story begins long before, with how everybody came to where they are.
  const fromUs = told.at(-LATEST)?.us ?? told[0]?.us ?? 0;
  const before = Math.max(BEFORE_LEAST_US, Math.min(BEFORE_MOST_US, 1.5 * (us - fromUs)));
  const others = violations.filter((each) => each.us <= us + Math.min(AFTER_MOST_US, before)).map((each) => each.us - us);
  const after = Math.min(AFTER_MOST_US, Math.max(0.25 * before, 1.25 * Math.max(...others)));
  return { fromUs: Math.max(0, us - before), toUs: Math.min(endUs, us + after) };
}
