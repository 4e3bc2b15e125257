/**
 * Ends a run that is stuck in the thread that asked for it. No timer of that thread comes any more, so a thread beside it
 * looks at the run's pulse, and has V8 end the code that the stuck thread is executing: through the inspector's protocol,
 * which is served in the middle of an endless loop. The run then ends as one that its watchdog has stopped. Before version 24
 * Node does not survive that (its stack of asynchronous contexts is left as it was): there the process is ended, with the same
 * message on its standard error. A thread that is being debugged is left alone.
 */
import { once } from 'node:events';
import { url as debuggerUrl } from 'node:inspector';
import { isMainThread, threadId, Worker } from 'node:worker_threads';
import { StallError } from '../world/failures.ts';

/** What the companion is told of a run, and, when it has ended the stuck code, tells of it. */
export interface WatchedRun {
  readonly id: number;
  /** What is run: `seed 7 of payments`. */
  readonly what: string;
  readonly pulse: Int32Array;
  readonly labels: readonly string[];
  readonly limitMs: number;
}

type CompanionMessage = 'ready' | { readonly id: number; readonly message: string };

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const THREAD = new URL(`./companion-thread.${EXTENSION}`, import.meta.url);

const stuck = new Map<number, (error: StallError) => void>();
let companion: Promise<Worker> | null = null;
let ids = 0;

/** Watches a run of this thread until the function that is returned is called. */
export async function watchRun(run: Omit<WatchedRun, 'id'>, onStuck: (error: StallError) => void): Promise<() => void> {
  if (debuggerUrl() !== undefined) return () => {};
  companion ??= started();
  const worker = await companion;
  const id = ids++;
  stuck.set(id, onStuck);
  // What was stuck may have been all that kept the process alive.
  worker.ref();
  worker.postMessage({ ...run, id });
  return () => {
    stuck.delete(id);
    if (stuck.size === 0) worker.unref();
    worker.postMessage(id);
  };
}

async function started(): Promise<Worker> {
  const worker = new Worker(THREAD, { workerData: isMainThread ? null : threadId });
  // Complete before a run begins: a thread that is stuck can't help another to start.
  await once(worker, 'message');
  worker.on('message', ({ id, message }: Exclude<CompanionMessage, 'ready'>) => stuck.get(id)?.(new StallError(message)));
  worker.on('exit', () => {
    companion = null;
  });
  worker.unref();
  return worker;
}
