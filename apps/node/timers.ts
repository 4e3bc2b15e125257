/** `node:timers` and `node:timers/promises` of a realm. */
import { promisify } from 'node:util';
import type { Realm } from '../realm.ts';

interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

type Callback = (...args: never[]) => void;

/** Both modules; the functions of the first are globals too. */
export function timersOf(realm: Realm) {
  const { timers } = realm;
  const aborted = (signal: AbortSignal): Error =>
    Object.assign(new realm.global.Error('The operation was aborted', { cause: signal.reason }), {
      name: 'AbortError',
      code: 'ABORT_ERR',
    });

  const waited = <T>(
    begin: (done: () => void) => { ref(): unknown; unref(): unknown; [Symbol.dispose](): void },
    value: T,
    options: WaitOptions = {},
  ): Promise<T> => {
    const { signal, ref = true } = options;
    return new realm.global.Promise<T>((resolve, reject) => {
      if (signal?.aborted === true) return reject(aborted(signal));
      const onAbort = (): void => {
        timer[Symbol.dispose]();
        reject(aborted(signal as AbortSignal));
      };
      const timer = begin(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      });
      if (!ref) timer.unref();
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  };
  const wait = <T>(ms?: number, value?: T, options?: WaitOptions): Promise<T> =>
    waited((done) => timers.setTimeout(done, ms, []), value as T, options);
  const yieldOnce = <T>(value?: T, options?: WaitOptions): Promise<T> =>
    waited((done) => timers.setImmediate(done, []), value as T, options);
  async function* every<T>(ms?: number, value?: T, options?: WaitOptions): AsyncGenerator<T> {
    for (;;) yield await wait(ms, value as T, options);
  }
  const promises = {
    setTimeout: wait,
    setImmediate: yieldOnce,
    setInterval: every,
    scheduler: { wait: (ms: number, options?: WaitOptions) => wait(ms, undefined, options), yield: () => yieldOnce() },
  };

  const setTimeout = (callback: Callback, ms?: number, ...args: unknown[]) => timers.setTimeout(callback, ms, args);
  const setImmediate = (callback: Callback, ...args: unknown[]) => timers.setImmediate(callback, args);
  Object.defineProperty(setTimeout, promisify.custom, { enumerable: true, get: () => wait });
  Object.defineProperty(setImmediate, promisify.custom, { enumerable: true, get: () => yieldOnce });
  const functions = {
    setTimeout,
    setImmediate,
    setInterval: (callback: Callback, ms?: number, ...args: unknown[]) => timers.setTimeout(callback, ms, args, true),
    clearTimeout: (which: unknown) => timers.clear(which),
    clearInterval: (which: unknown) => timers.clear(which),
    clearImmediate: (which: { clear?(): void } | undefined) => which?.clear?.(),
  };
  return { functions, promises };
}
