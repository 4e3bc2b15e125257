/** The modules of Node, as a realm has them: its own, Node's, and those that stop the run when something of them is used. */
import diagnosticsChannel from 'node:diagnostics_channel';
import { builtinModules, isBuiltin } from 'node:module';
import nodeProcess from 'node:process';
import { cryptoOf } from './node/crypto.ts';
import { dnsOf } from './node/dns.ts';
import { fsOf } from './node/fs.ts';
import { httpOf } from './node/http.ts';
import { netOf } from './node/net.ts';
import { osOf } from './node/os.ts';
import { perfHooksOf } from './node/perf-hooks.ts';
import { timersOf } from './node/timers.ts';
import { zlibOf } from './node/zlib.ts';
import type { Realm } from './realm.ts';

/** They compute, and keep nothing that another life could see. */
const NODES: ReadonlySet<string> = new Set([
  ...['assert', 'assert/strict', 'async_hooks', 'buffer', 'constants', 'events', 'path', 'path/posix', 'path/win32', 'punycode'],
  ...[
    'querystring',
    'stream',
    'stream/consumers',
    'stream/promises',
    'stream/web',
    'string_decoder',
    'sys',
    'url',
    'util',
    'util/types',
  ],
]);

const WHY: Readonly<Record<string, string>> = {
  child_process: 'there are no other programs in the simulated world',
  worker_threads: 'there are no other threads in the simulated world',
  cluster: 'there are no other programs in the simulated world',
  dgram: 'the simulated network has connections only',
  tls: 'the simulated cluster speaks plain text: turn TLS off by the configuration of the application',
};

/** Gives each when it is asked for. */
export function modulesOf(realm: Realm): (name: string) => unknown {
  const makers: Readonly<Record<string, () => unknown>> = {
    cluster: () => ({ ...closedModule(realm, 'cluster'), ...{ isMaster: true, isPrimary: true, isWorker: false } }),
    console: () => realm.global['console'],
    crypto: () => cryptoOf(realm).module,
    diagnostics_channel: () => ownChannels(),
    dns: () => dnsOf(realm),
    'dns/promises': () => dnsOf(realm).promises,
    fs: () => fsOf(realm).module,
    'fs/promises': () => fsOf(realm).promises,
    http: () => httpOf(realm, 'http'),
    https: () => httpOf(realm, 'https'),
    module: () => ({ builtinModules, isBuiltin, createRequire: () => realm.require }),
    net: () => netOf(realm),
    os: () => osOf(realm),
    perf_hooks: () => perfHooksOf(realm),
    process: () => realm.global['process'],
    timers: () => ({ ...timersOf(realm).functions, promises: timersOf(realm).promises }),
    'timers/promises': () => timersOf(realm).promises,
    tty: () => ({ isatty: () => false }),
    worker_threads: () => ({
      ...closedModule(realm, 'worker_threads'),
      ...{ isMainThread: true, threadId: 0, parentPort: null, workerData: null },
    }),
    zlib: () => zlibOf(realm),
  };
  const made = new Map<string, unknown>();
  return (name) => {
    if (NODES.has(name)) return nodeProcess.getBuiltinModule(name);
    if (!made.has(name)) made.set(name, (makers[name] ?? (() => closedModule(realm, name)))());
    return made.get(name);
  };
}

/** It can be imported; whoever uses something of it is told why that can't be. */
function closedModule(realm: Realm, name: string): Record<string, unknown> {
  const real = nodeProcess.getBuiltinModule(name) as Record<string, unknown> | undefined;
  const why = WHY[name] ?? 'it is not simulated';
  return Object.fromEntries(
    Object.entries(real ?? {})
      .filter(([, value]) => typeof value !== 'object')
      .map(([key, value]) => [key, typeof value === 'function' ? realm.closed(`node:${name}`, key, why) : value]),
  );
}

/** Channels go by names, which all lives of all applications would share. */
function ownChannels(): object {
  const names = new Map<string | symbol, symbol>();
  const own = (name: string | symbol): symbol => {
    const known = names.get(name) ?? Symbol(String(name));
    names.set(name, known);
    return known;
  };
  const channel = (name: string | symbol) => diagnosticsChannel.channel(own(name));
  type Channels = Parameters<typeof diagnosticsChannel.tracingChannel>[0];
  const channelsOf = (name: string): Channels =>
    Object.fromEntries(
      ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((step) => [step, channel(`tracing:${name}:${step}`)]),
    ) as unknown as Channels;
  type Listener = Parameters<typeof diagnosticsChannel.subscribe>[1];
  return {
    Channel: diagnosticsChannel.Channel,
    channel,
    tracingChannel: (given: Channels) => diagnosticsChannel.tracingChannel(typeof given === 'string' ? channelsOf(given) : given),
    hasSubscribers: (name: string | symbol) => diagnosticsChannel.hasSubscribers(own(name)),
    subscribe: (name: string | symbol, listener: Listener) => diagnosticsChannel.subscribe(own(name), listener),
    unsubscribe: (name: string | symbol, listener: Listener) => diagnosticsChannel.unsubscribe(own(name), listener),
  };
}
