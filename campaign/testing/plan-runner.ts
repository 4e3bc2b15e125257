/** A runner for tests of explorers: what a run comes to follows from its plan alone. */
import { createHash } from 'node:crypto';
import type { RunAnswer, RunJob } from '../job.ts';
import { lostOutcome } from '../outcome.ts';

/** The hash of the plan is the trace's; every third plan reaches a state of its own. Seeds that end in 9 fail. */
export async function runJob(job: RunJob): Promise<RunAnswer> {
  const hash = createHash('sha256').update(JSON.stringify(job.plan)).digest('hex').slice(0, 16);
  const failed = job.seed % 10 === 9;
  // Nobody answers in the order of asking.
  await new Promise((resolve) => setImmediate(resolve));
  return {
    outcome: {
      ...lostOutcome(job.scenario, job.seed, '', 0),
      error: null,
      verdict: failed ? 'fail' : 'pass',
      violations: failed ? [{ property: 'J1', message: 'it failed', atMs: 1 }] : [],
      marks: { common: 1 },
      states: Number.parseInt(hash.slice(0, 4), 16) % 3 === 0 ? [`state ${hash}`] : [],
      traceHash: hash,
    },
    plan: failed ? job.plan : null,
    hashWindows: null,
    recording: null,
  };
}
