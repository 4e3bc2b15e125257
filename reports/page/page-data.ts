/** What a page holds beside its code: the run that it shows, and what that run came to when it was written. */
import type { Driven } from '../../campaign/job.ts';
import type { Plan } from '../../sim/plan.ts';

export interface PageData {
  readonly formatVersion: 1;
  readonly plan: Plan;
  readonly driven: Driven;
  /** What the page's own run is compared with. */
  readonly expected: {
    readonly verdict: 'pass' | 'fail' | 'error';
    readonly traceHash: string;
    /** Who ran it: versions in words. */
    readonly by: string;
  };
  /** The page holds another code than the expected run had, in words; null: the same. */
  readonly codeChanged: string | null;
  /** Command that runs it again in a terminal. */
  readonly reproduce: string;
  /** Why no browser can run it: then the page holds the run as it was recorded; null: it runs it again. */
  readonly recordedBecause: string | null;
  /** The bug that was put into the page's Kafka, if one was. */
  readonly mutant: string | null;
}

/** Ids of the blocks in a page's document, in their order: the worker or the recorded run. The last shows that the file is whole. */
export const BLOCKS = { data: 'trial-data', worker: 'trial-worker', recorded: 'trial-recorded', end: 'trial-end' } as const;
