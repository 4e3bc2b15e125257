/**
 * A promise with its two ends, for the interface of the clients. It is settled directly in the event that decides it. A
 * rejection that the application never looks at is not an unhandled one: a fire-and-forget send may fail.
 */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  promise.catch(ignore);
  return { promise, resolve, reject };
}

function ignore(): void {}

/** The same promise, whose rejection nobody needs to look at. */
export function unwatched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/** A callback-style operation's end. */
export type Completion<T> = (error: Error | null, value: T | null) => void;

/** Settles `end` as a Completion. */
export function settle<T>(end: Deferred<T>): Completion<T> {
  return (error, value) => {
    if (error !== null) end.reject(error);
    else end.resolve(value as T);
  };
}
