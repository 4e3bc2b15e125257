/**
 * What gets out of a run into the real world, and which run it came from. Model:
 * - Whatever code of a run causes, at once or later, carries the run and the process with it (AsyncLocalStorage).
 * - A promise that is rejected and has no handler, and an exception in a callback that the platform calls, are kept for the
 *   run they come from. What is not of a run goes where it would have gone without this module.
 * - A handler that comes late takes a rejection back, so that it does not matter when the platform looked.
 * - A call by which simulated code begins to wait for files, network, timers or other threads is noticed as it is made.
 */
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { RealWorldError, guardsAreUp } from '../world/guards.ts';
import type { Escape, EscapeOwner } from '../world/host.ts';

interface Place {
  readonly run: RunEscapes;
  readonly owner: EscapeOwner | null;
}

const places = new AsyncLocalStorage<Place>();

/** Resources of Node that something outside completes, and what they are in words. */
const OUTSIDE: ReadonlyMap<string, string> = new Map([
  ...['FSREQCALLBACK', 'FSREQPROMISE', 'FSEVENTWRAP', 'STATWATCHER', 'FILEHANDLECLOSEREQ'].map(
    (type) => [type, 'a file'] as const,
  ),
  ...['TCPWRAP', 'TCPCONNECTWRAP', 'TCPSERVERWRAP', 'PIPECONNECTWRAP', 'UDPWRAP', 'TLSWRAP'].map(
    (type) => [type, 'the network'] as const,
  ),
  ...['GETADDRINFOREQWRAP', 'GETNAMEINFOREQWRAP', 'QUERYWRAP', 'DNSCHANNEL'].map((type) => [type, 'the name service'] as const),
  ['Timeout', 'a timer'],
  ['PROCESSWRAP', 'another process'],
  ...['WORKER', 'MESSAGEPORT'].map((type) => [type, 'another thread'] as const),
]);

/** The code that is running now is of a run, and under its guards. */
export function isSimulated(): boolean {
  return guardsAreUp() && places.getStore() !== undefined;
}

/** The escapes of one run. Listens from the first `within` until `close`. */
export class RunEscapes {
  reachedOut: Escape | null = null;
  readonly #kept = new Map<unknown, Escape>();
  #listens = false;

  within<T>(owner: EscapeOwner | null, run: () => T): T {
    if (!this.#listens) {
      this.#listens = true;
      listen(this);
    }
    return places.run({ run: this, owner }, run);
  }

  escapes(): readonly Escape[] {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    return kept;
  }

  close(): void {
    if (this.#listens) leave(this);
    this.#listens = false;
  }

  /** `key` is what it may be taken back by: the promise of a rejection. */
  keep(key: unknown, escape: Escape): void {
    this.#kept.set(key, escape);
  }

  takeBack(key: unknown): void {
    this.#kept.delete(key);
  }
}

const listening = new Set<RunEscapes>();
/** Who listened before: they hear of what comes of no run. */
let others: { readonly rejection: readonly Listener[]; readonly exception: readonly Listener[] } = {
  rejection: [],
  exception: [],
};

type Listener = (...args: unknown[]) => void;

const hook = createHook({
  init(_id, type) {
    const what = OUTSIDE.get(type);
    if (what === undefined || !guardsAreUp()) return;
    const place = places.getStore();
    if (place === undefined || place.run.reachedOut !== null) return;
    place.run.reachedOut = { owner: place.owner, error: RealWorldError.waitsFor(what) };
  },
  // Of promises nothing is asked, and a hook that is told of each would make them slow.
  trackPromises: false,
} as Parameters<typeof createHook>[0]);

function listen(run: RunEscapes): void {
  if (listening.size === 0) {
    others = { rejection: taken('unhandledRejection'), exception: taken('uncaughtException') };
    process.on('unhandledRejection', onRejection);
    process.on('rejectionHandled', onHandled);
    process.on('uncaughtException', onException);
    hook.enable();
  }
  listening.add(run);
}

function leave(run: RunEscapes): void {
  listening.delete(run);
  if (listening.size > 0) return;
  hook.disable();
  process.off('unhandledRejection', onRejection);
  process.off('rejectionHandled', onHandled);
  process.off('uncaughtException', onException);
  for (const listener of others.rejection) process.on('unhandledRejection', listener);
  for (const listener of others.exception) process.on('uncaughtException', listener);
}

function taken(event: 'unhandledRejection' | 'uncaughtException'): readonly Listener[] {
  const listeners = process.rawListeners(event) as Listener[];
  process.removeAllListeners(event);
  return listeners;
}

function onRejection(error: unknown, promise: Promise<unknown>): void {
  const place = places.getStore();
  if (place !== undefined) place.run.keep(promise, { owner: place.owner, error });
  else if (others.rejection.length > 0) for (const listener of others.rejection) listener(error, promise);
  else throw error;
}

function onHandled(promise: Promise<unknown>): void {
  for (const run of listening) run.takeBack(promise);
}

function onException(error: unknown, origin: string): void {
  const place = places.getStore();
  if (place !== undefined) place.run.keep({}, { owner: place.owner, error });
  else if (others.exception.length > 0) for (const listener of others.exception) listener(error, origin);
  else throw error;
}
