/**
 * While a run is under way, the real world's clock, chance and timers throw when simulated code calls them, so that a run
 * can't depend on them unnoticed. Model:
 * - Guarded: Date() and new Date() without a time, Date.now, Math.random, setTimeout, setInterval, setImmediate,
 *   performance.now, crypto.randomUUID and crypto.getRandomValues. What Node has beyond that is guarded by its host.
 * - What is pure stays: new Date(time), Date.UTC, Date.parse, instanceof Date, queueMicrotask.
 * - Installing nests; everything is restored by the last release, also when a run fails. The kernel lifts the guards while the
 *   host has its turn.
 */

const INSTEAD = 'use the clock, timers, chance, network and disk that it is given, and read files before the run begins';

/** Simulated code reached for the real world. */
export class RealWorldError extends Error {
  override readonly name = 'RealWorldError';
  constructor(what: string) {
    super(`${what} was called inside a simulation, which has a time, a chance and a network of its own: ${INSTEAD}`);
  }

  /** Something of the real world that only the real world can end. */
  static waitsFor(what: string): RealWorldError {
    const error = new RealWorldError('something that waits');
    error.message = `simulated code waits for ${what} of the real world, which no simulated time brings: ${INSTEAD}`;
    return error;
  }
}

interface Patch {
  readonly object: Record<string, unknown>;
  readonly key: string;
  readonly guard: unknown;
  original: PropertyDescriptor | undefined;
}

let depth = 0;
let patches: Patch[] | null = null;

/** Puts the guards up, and returns the function that takes them down (once). */
export function installGuards(): () => void {
  if (depth++ === 0) for (const patch of guardList()) put(patch);
  let released = false;
  return () => {
    if (released) return;
    released = true;
    if (--depth === 0) for (const patch of guardList()) restore(patch);
  };
}

/** Simulated code may be running in this thread. */
export function guardsAreUp(): boolean {
  return depth > 0;
}

function put(patch: Patch): void {
  const { object, key, guard } = patch;
  patch.original = Object.getOwnPropertyDescriptor(object, key);
  // The usual property needs no definition, which costs ten times as much: a run takes its turns many times a second.
  if (isPlain(patch.original)) object[key] = guard;
  else Object.defineProperty(object, key, { value: guard, configurable: true, writable: true, enumerable: false });
}

function restore({ object, key, original }: Patch): void {
  if (original === undefined) Reflect.deleteProperty(object, key);
  else if (isPlain(original)) object[key] = original.value as unknown;
  else Object.defineProperty(object, key, original);
}

/** A value that can be assigned, and is then what it was. */
function isPlain(property: PropertyDescriptor | undefined): boolean {
  return property?.writable === true;
}

function guardList(): readonly Patch[] {
  patches ??= [
    patch(globalThis, 'Date', guardedDate()),
    patch(Math, 'random', refuse('Math.random')),
    ...['setTimeout', 'setInterval', 'setImmediate']
      .filter((name) => name in globalThis)
      .map((name) => patch(globalThis, name, refuse(name))),
    patch(globalThis.performance, 'now', refuse('performance.now')),
    ...['randomUUID', 'getRandomValues'].map((name) => patch(globalThis.crypto, name, refuse(`crypto.${name}`))),
  ];
  return patches;
}

function patch(object: object, key: string, guard: unknown): Patch {
  return { object: object as Record<string, unknown>, key, guard, original: undefined };
}

function refuse(what: string): () => never {
  return () => {
    throw new RealWorldError(what);
  };
}

function guardedDate(): DateConstructor {
  const real = Date;
  return new Proxy(real, {
    apply: refuse('Date()'),
    construct(_target, args, newTarget) {
      if (args.length === 0) throw new RealWorldError('new Date()');
      return Reflect.construct(real, args, newTarget) as Date;
    },
    get: (target, key) => (key === 'now' ? refuse('Date.now') : Reflect.get(target, key)),
  });
}
