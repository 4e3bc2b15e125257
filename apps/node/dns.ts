/** `node:dns` of a realm: the names of the simulated world. */
import type { Realm } from '../realm.ts';

type Callback = (error: Error | null, ...answer: unknown[]) => void;
interface LookupOptions {
  readonly all?: boolean;
}

/** The module, with `promises`. */
export function dnsOf(realm: Realm) {
  const addressOf = (name: string): string | null => (realm.hosts.nameOf(name) === null ? null : realm.hosts.addressOf(name));
  const notFound = (call: string, hostname: string): Error =>
    Object.assign(new realm.global.Error(`${call} ENOTFOUND ${hostname}`), {
      code: 'ENOTFOUND',
      errno: -3008,
      syscall: call,
      hostname,
    });
  const answer = (callback: Callback, ...values: Parameters<Callback>): void => realm.soon(() => callback(...values));

  const lookup = (hostname: string, given: LookupOptions | number | Callback, last?: Callback): void => {
    const callback = (last ?? given) as Callback;
    const all = typeof given === 'object' && given.all === true;
    const address = addressOf(hostname);
    if (address === null) answer(callback, notFound('getaddrinfo', hostname));
    else if (all) answer(callback, null, [{ address, family: 4 }]);
    else answer(callback, null, address, 4);
  };
  const resolve4 = (hostname: string, given: unknown, last?: Callback): void => {
    const address = addressOf(hostname);
    const callback = (last ?? given) as Callback;
    if (address === null) answer(callback, notFound('queryA', hostname));
    else answer(callback, null, [address]);
  };
  const others = Object.fromEntries(
    [
      'resolve6',
      'resolveAny',
      'resolveCname',
      'resolveMx',
      'resolveNs',
      'resolveSrv',
      'resolveTxt',
      'reverse',
      'lookupService',
    ].map((name) => [name, realm.closed('node:dns', name, 'the simulated world has names and addresses, and nothing else')]),
  );
  const promised =
    (call: (hostname: string, options: never, callback: Callback) => void, pick: (answer: readonly unknown[]) => unknown) =>
    (hostname: string, options: unknown = {}): Promise<unknown> =>
      new Promise((done, failed) => {
        call(hostname, options as never, (error, ...values) => (error === null ? done(pick(values)) : failed(error)));
      });
  const lookupPromise = (hostname: string, options: LookupOptions = {}): Promise<unknown> =>
    promised(lookup, ([address, family]) => (options.all === true ? address : { address, family }))(hostname, options);
  const resolvePromise = promised(resolve4, ([addresses]) => addresses);
  const promises = { ...others, lookup: lookupPromise, resolve: resolvePromise, resolve4: resolvePromise };
  return {
    ...others,
    lookup,
    resolve: resolve4,
    resolve4,
    promises,
    setDefaultResultOrder() {},
    getDefaultResultOrder: () => 'verbatim',
    getServers: () => [],
    setServers() {},
  };
}
