/** A runner for tests of the pool and of campaigns: the seed says what happens. */
import { lostOutcome } from '../outcome.ts';
import type { RunAnswer, RunJob } from '../job.ts';
import { writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { UsageError } from '../usage.ts';

/** Seeds that end in 7 fail; 13 ends its thread, 15 hangs, 16 throws, 22 comes to another end in another thread, 1,000 has a plan that can't be used. */
export async function runJob(job: RunJob): Promise<RunAnswer> {
  if (job.seed === 13) process.exit(3);
  if (job.seed === 15) for (;;);
  if (job.seed === 16) throw new Error('a bug of the harness');
  if (job.seed === 1_000) throw new UsageError('seed 1000: brokers is -1');
  const failed = job.seed % 10 === 7;
  if (job.traceFile !== null) writeFileSync(job.traceFile, 'a trace\n');
  return {
    outcome: {
      ...lostOutcome(job.scenario, job.seed, '', 0),
      error: null,
      verdict: failed ? 'fail' : 'pass',
      violations: failed ? [{ property: 'J1', message: `record of seed ${job.seed} was lost`, atMs: 1_234 }] : [],
      marks: job.seed === 22 ? { [`thread ${threadId}`]: 1 } : { 'seen-twice': 1 },
      traceHash: job.seed.toString(16).padStart(16, '0'),
      simulatedMs: 1_000,
      wallMs: 10,
      events: 100,
      frames: 50,
      recordsAcknowledged: 5,
      recordsDelivered: 4,
      faults: { crash: 2 },
      evaluations: { J1: 3 },
    },
    plan: null,
    hashWindows: job.hashWindows ? ['00'] : null,
    recording: null,
  };
}
