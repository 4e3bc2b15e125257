/** A worker thread: takes jobs one after the other, and answers each. Its pool is pool.ts. */
import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { RunAnswer, RunJob, Runner } from './job.ts';
import { lostOutcome } from './outcome.ts';
import { UsageError } from './usage.ts';

// Parsing and stripping types of some hundred modules takes a second; what the last process made of them takes a third.
enableCompileCache();
const { runner, pulse } = workerData as { runner: string; pulse: Int32Array };
const { runJob } = (await import(runner)) as Runner;
let previous: Promise<void> = Promise.resolve();

parentPort?.on('message', ({ id, job }: { id: number; job: RunJob }) => {
  previous = previous.then(async () => {
    let answer: RunAnswer;
    try {
      answer = await runJob(job, { pulse, begun: (processes) => parentPort?.postMessage({ processes }) });
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const outcome = lostOutcome(job.scenario, job.seed, why, 0);
      const unusable = error instanceof UsageError ? { unusable: error.message } : {};
      answer = { outcome, plan: job.plan, hashWindows: null, recording: null, ...unusable };
    }
    parentPort?.postMessage({ id, answer });
  });
});
parentPort?.postMessage('ready');
