/** What `connect` and `listen` are called with. */

export interface ConnectOptions {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string | null;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** `(port, host, callback)` or `(options, callback)`. */
export function connectArguments(given: readonly unknown[]): {
  readonly options: ConnectOptions;
  readonly callback: (() => void) | undefined;
} {
  const callback = given.findLast((one) => typeof one === 'function') as (() => void) | undefined;
  const [first, second] = given;
  if (typeof first === 'object' && first !== null) return { options: first, callback };
  if (typeof first === 'function' || first === undefined) return { options: {}, callback };
  if (typeof first === 'string' && Number.isNaN(Number(first))) return { options: { path: first }, callback };
  return { options: { port: first as number, ...(typeof second === 'string' ? { host: second } : {}) }, callback };
}
