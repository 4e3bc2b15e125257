/**
 * The kernel's host on Node. A tick queued from inside a promise job runs only when no promise job is left, which drains
 * them all for about 200 ns, without a turn of the event loop. Ticks that simulated code queues (Node's streams do) are
 * waited for too, and the promise jobs that come of them. The platform's functions are taken when this module loads, so
 * that the guards of a run (world/guards.ts) do not stop the host itself.
 */
import './forbidden.ts';
import { RunEscapes } from './escapes.ts';
import { settler } from './ticks.ts';
import type { StallError } from '../world/failures.ts';
import type { Host } from '../world/host.ts';

const realSetImmediate = setImmediate;
const realPerformance = performance;
// oxlint-disable-next-line typescript/unbound-method -- called with its object below
const realNow = performance.now;

/** A host that another thread can make end its run. */
export interface NodeHost extends Host {
  /** Ends the run with this error at its next step, and makes that step: the stuck code may have taken its own turn with it. */
  interrupt(error: StallError): void;
}

/** A host for one run; make one per world. */
export function createNodeHost(): NodeHost {
  const escapes = new RunEscapes();
  const whenSettled = settler();
  let next: () => void = () => {};
  return {
    hop(step) {
      next = step;
      whenSettled(step);
    },
    yieldToHost(step) {
      realSetImmediate(step);
    },
    nowMs: () => realNow.call(realPerformance),
    within: (owner, run) => escapes.within(owner, run),
    get reachedOut() {
      return escapes.reachedOut;
    },
    escapes: () => escapes.escapes(),
    close: () => escapes.close(),
    interrupt(error) {
      escapes.reachedOut = { owner: null, error };
      realSetImmediate(() => next());
    },
  };
}
