/**
 * Worker threads that run jobs. Model:
 * - A thread is started once and gets jobs a few at a time, so that it never waits for the next one.
 * - Every job gets an answer. A job whose thread dies, or makes no progress for longer than its limit in real time, is answered
 *   with the verdict `error`; its thread is replaced, and jobs that were waiting behind it are run elsewhere.
 * - Answers carry which thread gave them, for whoever compares threads.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { tuneEngine } from './engine.ts';
import type { RunAnswer, RunJob } from './job.ts';
import { lostOutcome } from './outcome.ts';
import { lookEveryMs, STALL_GRACE_MS, StallClock, stallMessage } from './stall.ts';
import { newPulse } from '../sim/run.ts';

export interface PoolOptions {
  readonly workers: number;
  /** Module that exports `runJob`; the real one by default. */
  readonly runner?: URL;
  /** Real time without progress beyond a job's own limit before its thread is given up, ms. */
  readonly graceMs?: number;
}

interface Assignment {
  readonly id: number;
  readonly job: RunJob;
  readonly done: (answer: RunAnswer) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly pulse: Int32Array;
  /** Of the running job; null until its run begins. */
  processes: readonly string[] | null;
  /** The first one is running. */
  readonly assigned: Assignment[];
  ready: boolean;
  startedMs: number;
  timer: NodeJS.Timeout | null;
  failure: Error | null;
  gone: boolean;
}

/** More threads than this for each processor only take memory. */
const MOST_WORKERS_PER_PROCESSOR = 4;

/** How many threads there are: as many as asked for (one for each processor, if left open), but no more than runs, or than do any good. */
export function workerCount(asked: number | undefined, runs: number): number {
  const processors = availableParallelism();
  return Math.max(1, Math.min(asked ?? processors, runs, processors * MOST_WORKERS_PER_PROCESSOR));
}

/** Jobs a thread holds at once. */
const BATCH = 2;
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const WORKER = new URL(`./worker.${EXTENSION}`, import.meta.url);
const RUNNER = new URL(`./runner.${EXTENSION}`, import.meta.url);

export class WorkerPool {
  readonly #options: Required<PoolOptions>;
  readonly #threads: Thread[] = [];
  readonly #queue: Assignment[] = [];
  #ids = 0;
  #closed = false;

  constructor(options: PoolOptions) {
    tuneEngine();
    this.#options = { runner: RUNNER, graceMs: STALL_GRACE_MS, ...options };
    for (let i = 0; i < options.workers; i++) this.#spawn();
  }

  /** Jobs that are enough to keep every thread at work. */
  get appetite(): number {
    return this.#options.workers * BATCH;
  }

  /** Runs a job. Never rejects: what goes wrong is the answer's verdict. An urgent job goes before those that wait. */
  submit(job: RunJob, { urgent = false } = {}): Promise<RunAnswer> {
    return new Promise((resolve) => {
      const assignment = { id: this.#ids++, job, done: resolve };
      if (urgent) this.#queue.unshift(assignment);
      else this.#queue.push(assignment);
      this.#feed();
    });
  }

  /** Ends all threads. Jobs under way are answered as lost. */
  async close(): Promise<void> {
    this.#closed = true;
    const waiting = this.#queue.splice(0);
    await Promise.all(
      this.#threads.splice(0).map(async (thread) => {
        thread.gone = true;
        if (thread.timer !== null) clearInterval(thread.timer);
        waiting.push(...thread.assigned.splice(0));
        await thread.worker.terminate();
      }),
    );
    for (const assignment of waiting) assignment.done(lost(assignment.job, 'the campaign was ended', 0));
  }

  #spawn(): void {
    const pulse = newPulse(true);
    const worker = new Worker(WORKER, {
      workerData: { runner: this.#options.runner.href, pulse },
      // A run's garbage dies young: a larger nursery only makes the process larger.
      resourceLimits: { maxYoungGenerationSizeMb: 24 },
    });
    const thread: Thread = {
      worker,
      pulse,
      processes: null,
      assigned: [],
      ready: false,
      startedMs: 0,
      timer: null,
      failure: null,
      gone: false,
    };
    this.#threads.push(thread);
    worker.on('message', (message: 'ready' | { processes: readonly string[] } | { id: number; answer: RunAnswer }) => {
      if (thread.gone) return;
      if (message === 'ready') {
        thread.ready = true;
        this.#watch(thread);
      } else if ('processes' in message) thread.processes = message.processes;
      else this.#answered(thread, message.answer);
    });
    worker.on('error', (error) => {
      thread.failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('exit', (code) => {
      const why = thread.failure === null ? `with code ${code}` : `with ${thread.failure.stack ?? thread.failure.message}`;
      this.#bury(thread, `the worker thread ended ${why}`);
    });
    this.#feed();
  }

  #feed(): void {
    if (this.#closed) return;
    for (let depth = 0; depth < BATCH; depth++) {
      for (const thread of this.#threads) {
        if (this.#queue.length === 0) return;
        if (thread.assigned.length !== depth) continue;
        const assignment = this.#queue.shift() as Assignment;
        thread.assigned.push(assignment);
        thread.worker.postMessage({ id: assignment.id, job: assignment.job });
        if (depth === 0) this.#watch(thread);
      }
    }
  }

  /** The first assigned job runs from now on: starts its clock. */
  #watch(thread: Thread): void {
    if (thread.timer !== null) clearInterval(thread.timer);
    thread.timer = null;
    thread.processes = null;
    const first = thread.assigned[0];
    if (first === undefined || !thread.ready) return;
    thread.startedMs = performance.now();
    const { stallLimitMs } = first.job;
    const clock = new StallClock(thread.pulse, stallLimitMs + this.#options.graceMs);
    thread.timer = setInterval(() => {
      if (!clock.isStuck) return;
      this.#bury(thread, stallMessage(thread.pulse, thread.processes, stallLimitMs));
      void thread.worker.terminate();
    }, lookEveryMs(stallLimitMs));
  }

  #answered(thread: Thread, answer: RunAnswer): void {
    const assignment = thread.assigned.shift();
    this.#watch(thread);
    this.#feed();
    assignment?.done(answer);
  }

  /** A thread is no more: answers its running job, gives the waiting ones to others, and starts another thread. */
  #bury(thread: Thread, why: string): void {
    if (thread.gone) return;
    thread.gone = true;
    if (thread.timer !== null) clearInterval(thread.timer);
    this.#threads.splice(this.#threads.indexOf(thread), 1);
    const [running, ...waiting] = thread.assigned.splice(0);
    this.#queue.unshift(...waiting);
    if (running !== undefined) {
      const wallMs = thread.ready ? performance.now() - thread.startedMs : 0;
      running.done(lost(running.job, why, wallMs));
    }
    if (!this.#closed && (running !== undefined || thread.ready)) this.#spawn();
    else this.#feedOrLose(why);
  }

  /** Threads that can't even start are not replaced; when none is left, nothing will ever run. */
  #feedOrLose(why: string): void {
    if (this.#threads.length > 0) return this.#feed();
    for (const assignment of this.#queue.splice(0)) assignment.done(lost(assignment.job, why, 0));
  }
}

function lost(job: RunJob, why: string, wallMs: number): RunAnswer {
  return { outcome: lostOutcome(job.scenario, job.seed, why, wallMs), plan: job.plan, hashWindows: null, recording: null };
}
