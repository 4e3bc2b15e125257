/**
 * The globals of a realm: a context of V8 with intrinsics of its own, and around them what Node gives. Model:
 * - `Date`, `Math.random`, timers, `performance`, `crypto` and the like are the process's.
 * - Arrays of bytes are those of Node, so that a Buffer is a Uint8Array. Errors and promises that Node makes are instances of the realm's.
 * - What the garbage collector would decide is decided: weak references hold, finalizers are not called.
 */
import type { Realm } from './realm.ts';

/** What the realm itself uses of its globals. */
export interface RealmGlobal extends Record<string, unknown> {
  readonly Error: ErrorConstructor;
  readonly Promise: PromiseConstructor;
}

const ERRORS = ['Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];
const BYTES = [
  ...[
    'ArrayBuffer',
    'SharedArrayBuffer',
    'DataView',
    'Uint8Array',
    'Uint8ClampedArray',
    'Int8Array',
    'Uint16Array',
    'Int16Array',
  ],
  ...['Uint32Array', 'Int32Array', 'BigUint64Array', 'BigInt64Array', 'Float32Array', 'Float64Array'],
];
/** Of Node, and without a life of their own. */
const SHARED = [
  ...['Buffer', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'TextEncoderStream', 'TextDecoderStream', 'atob', 'btoa'],
  ...[
    'AbortController',
    'Event',
    'EventTarget',
    'CustomEvent',
    'DOMException',
    'structuredClone',
    'Headers',
    'FormData',
    'Request',
    'Response',
  ],
  ...['ReadableStream', 'WritableStream', 'TransformStream', 'CountQueuingStrategy', 'ByteLengthQueuingStrategy'],
];
/** Whose work is done by other threads, or elsewhere. */
const CLOSED = [
  'Worker',
  'MessageChannel',
  'BroadcastChannel',
  'WebSocket',
  'EventSource',
  'CompressionStream',
  'DecompressionStream',
];

/** Puts them into a fresh context. */
export function furnish(realm: Realm, global: Record<string, unknown>): void {
  const own = global as Record<string, new (...args: never[]) => unknown>;
  const put = (name: string, value: unknown): void => {
    Object.defineProperty(global, name, { value, configurable: true, writable: true, enumerable: false });
  };
  for (const name of [...SHARED, ...BYTES]) put(name, (globalThis as Record<string, unknown>)[name]);
  for (const name of CLOSED) put(name, realm.closed('the platform', name, 'it would leave the simulated world'));
  for (const name of [...ERRORS, 'Promise']) adopt(own[name] as never, (globalThis as Record<string, unknown>)[name] as never);
  put('global', global);
  put(
    'Date',
    dateOf(own['Date'] as unknown as DateConstructor, () => realm.env.clock.wallMs()),
  );
  put('AbortSignal', abortSignalOf(realm));
  put('FinalizationRegistry', NoFinalizers);
  put('WeakRef', StrongRef);
  put('queueMicrotask', (callback: () => void) => void realm.microtask(callback));
  (global['Math'] as { random: () => number }).random = () => realm.random();
  (global['Atomics'] as Record<string, unknown>)['wait'] = realm.closed(
    'the platform',
    'Atomics.wait',
    'it would stop the thread',
  );
  const wasm = global['WebAssembly'] as Wasm;
  Object.assign(wasm, synchronous(wasm, realm));
}

/** Makes what is an instance of Node's class one of the realm's. */
function adopt(own: abstract new (...args: never[]) => unknown, nodes: abstract new (...args: never[]) => unknown): void {
  Object.defineProperty(own, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      const isOwn = Function.prototype[Symbol.hasInstance].call(this, value) as boolean;
      return isOwn || (this === own && value instanceof nodes);
    },
  });
}

function dateOf(own: DateConstructor, now: () => number): DateConstructor {
  const date = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new own(now()).toString();
    return Reflect.construct(own, args.length === 0 ? [now()] : args, new.target);
  } as unknown as DateConstructor;
  Object.defineProperties(date, {
    name: { value: 'Date' },
    length: { value: 7 },
    prototype: { value: own.prototype, writable: false },
    now: { value: now, configurable: true, writable: true },
    parse: { value: own.parse.bind(own), configurable: true, writable: true },
    UTC: { value: own.UTC.bind(own), configurable: true, writable: true },
  });
  Object.defineProperty(own.prototype, 'constructor', { value: date, configurable: true, writable: true });
  return date;
}

function abortSignalOf(realm: Realm): typeof AbortSignal {
  const timeout = (ms: number): AbortSignal => {
    const controller = new AbortController();
    const abort = (): void => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    realm.timers.setTimeout(abort, ms, []).unref();
    return controller.signal;
  };
  return new Proxy(AbortSignal, {
    get: (target, name) => (name === 'timeout' ? timeout : (Reflect.get(target, name) as unknown)),
  });
}

class NoFinalizers {
  register(): void {}
  unregister(): boolean {
    return false;
  }
}

class StrongRef<T extends object> {
  readonly #target: T;
  constructor(target: T) {
    this.#target = target;
  }
  deref(): T {
    return this.#target;
  }
}

/** What is used of `WebAssembly`, of which Node's types know nothing. */
interface Wasm {
  readonly Module: new (bytes: unknown) => object;
  readonly Instance: new (module: object, imports?: unknown) => object;
}

/** Compiled here and now: V8's own promises for it are kept by other threads. */
function synchronous({ Module, Instance }: Wasm, realm: Realm): object {
  const compile = (bytes: unknown) => new realm.global.Promise<object>((resolve) => resolve(new Module(bytes)));
  const instantiate = (source: object, imports?: unknown) =>
    new realm.global.Promise<object>((resolve) => {
      if (source instanceof Module) return resolve(new Instance(source, imports));
      const module = new Module(source);
      resolve({ module, instance: new Instance(module, imports) });
    });
  const closed = (name: string) => realm.closed('the platform', `WebAssembly.${name}`, 'there is nothing to stream from');
  return {
    compile,
    instantiate,
    compileStreaming: closed('compileStreaming'),
    instantiateStreaming: closed('instantiateStreaming'),
  };
}
