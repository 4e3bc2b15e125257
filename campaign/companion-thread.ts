/** The thread beside one that runs seeds itself; see companion.ts. */
import { writeSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { WatchedRun } from './companion.ts';
import { isInsideRun, lookEveryMs, STALL_GRACE_MS, StallClock, stallMessage } from './stall.ts';

/** The thread to watch; null: the main thread. */
const watchedThread = workerData as number | null;
/** Does this Node live on after code of it was ended? */
const SURVIVES = Number(process.versions.node.split('.')[0]) >= 24;
const timers = new Map<number, NodeJS.Timeout>();

parentPort?.on('message', (message: WatchedRun | number) => {
  if (typeof message === 'number') {
    clearInterval(timers.get(message));
    timers.delete(message);
  } else watch(message);
});
parentPort?.postMessage('ready');

function watch({ id, what, pulse, labels, limitMs }: WatchedRun): void {
  const clock = new StallClock(pulse, limitMs + STALL_GRACE_MS);
  const timer = setInterval(() => {
    if (!clock.isStuck || !isInsideRun(pulse)) return;
    clearInterval(timer);
    const message = stallMessage(pulse, labels, limitMs);
    if (SURVIVES) {
      parentPort?.postMessage({ id, message });
      void endExecution();
    } else {
      writeSync(2, `trial: ${what}: ${message}\n`);
      process.kill(process.pid, 'SIGKILL');
    }
  }, lookEveryMs(limitMs));
  timers.set(id, timer);
}

/** Has V8 end what the watched thread is executing. */
async function endExecution(): Promise<void> {
  const main = new Session();
  main.connectToMainThread();
  if (watchedThread === null) {
    await main.post('Runtime.terminateExecution');
    main.disconnect();
    return;
  }
  // Threads beside this one are reached through the main thread.
  main.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
    if (!workerInfo.title.startsWith(`[worker ${watchedThread}]`)) return;
    const message = JSON.stringify({ id: 1, method: 'Runtime.terminateExecution' });
    void main.post('NodeWorker.sendMessageToWorker', { sessionId, message });
  });
  main.on('NodeWorker.receivedMessageFromWorker', () => main.disconnect());
  await main.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
}
