/**
 * The kernel's host in a browser. A message to oneself is a task of its own: before it comes, every promise job that is due has run, and
 * those that they cause.
 */
import type { Escape, Host } from '../../../world/host.ts';

// Taken when the module loads: during a run the global ones refuse (world/guards.ts).
const realPerformance = performance;
// oxlint-disable-next-line typescript/unbound-method -- called with its object below
const realNow = performance.now;

/** Hears of rejections that nobody has taken care of; a worker's global scope. */
interface RejectionSource {
  addEventListener(
    type: 'unhandledrejection',
    listener: (event: { readonly reason: unknown; preventDefault(): void }) => void,
  ): void;
}

const escaped: Escape[] = [];

/** To be called once, before the first run. */
export function listenForRejections(source: RejectionSource): void {
  source.addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    escaped.push({ owner: null, error: event.reason });
  });
}

/** A host for one run; make one per world. */
export function createBrowserHost(): Host {
  const { port1, port2 } = new MessageChannel();
  let next: () => void = () => {};
  port1.addEventListener('message', () => next());
  port1.start();
  const later = (step: () => void): void => {
    next = step;
    port2.postMessage(0);
  };
  return {
    hop: later,
    yieldToHost: later,
    nowMs: () => realNow.call(realPerformance),
    within: (_owner, run) => run(),
    reachedOut: null,
    escapes: () => escaped.splice(0),
    close: () => port1.close(),
  };
}
