/** `process` of a realm, and the module of that name. */
import { EventEmitter } from 'node:events';
import nodeProcess from 'node:process';
import { Readable } from 'node:stream';
import { OutsideError } from '../outside.ts';
import type { Realm } from '../realm.ts';
import { standardOutput } from './console.ts';

/** Of every process: so that it is the same wherever the simulation runs. */
const MEMORY = { rss: 64 * 2 ** 20, heapTotal: 32 * 2 ** 20, heapUsed: 16 * 2 ** 20, external: 2 ** 20, arrayBuffers: 2 ** 18 };
const CLOSED = ['binding', 'dlopen', 'chdir', 'setuid', 'setgid', 'initgroups', 'loadEnvFile', 'abort'];

export interface ProcessFacts {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
}

/** The object. It is an EventEmitter, as Node's is. */
export function processOf(realm: Realm, { argv, env, pid }: ProcessFacts) {
  const { clock } = realm.env;
  const startedMs = clock.monotonicMs();
  const nanoseconds = (): bigint => BigInt(clock.monotonicMs()) * 1_000_000n;
  const hrtime = Object.assign(
    (since?: readonly [number, number]): [number, number] => {
      const now = nanoseconds() - (since === undefined ? 0n : BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]));
      return [Number(now / 1_000_000_000n), Number(now % 1_000_000_000n)];
    },
    { bigint: nanoseconds },
  );
  const closed = Object.fromEntries(
    CLOSED.map((name) => [name, realm.closed('node:process', name, 'it would change the process that runs the simulation')]),
  );
  const { version, versions, release, config, features, allowedNodeEnvironmentFlags } = nodeProcess;
  const it = Object.assign(new EventEmitter(), {
    ...closed,
    ...{ version, versions, release, config, features, allowedNodeEnvironmentFlags },
    title: 'node',
    arch: 'x64',
    platform: 'linux',
    argv: [...argv],
    argv0: 'node',
    execArgv: [],
    execPath: argv[0],
    env: { ...env },
    pid,
    ppid: 1,
    exitCode: undefined as number | string | undefined,
    debugPort: 9229,
    hrtime,
    stdout: standardOutput(realm, 1),
    stderr: standardOutput(realm, 2),
    stdin: Readable.from([]),
    cwd: () => nodeProcess.cwd(),
    umask: () => 0o22,
    uptime: () => (clock.monotonicMs() - startedMs) / 1_000,
    memoryUsage: Object.assign(() => ({ ...MEMORY }), { rss: () => MEMORY.rss }),
    availableMemory: () => MEMORY.rss * 16,
    constrainedMemory: () => 0,
    cpuUsage: () => ({ user: 0, system: 0 }),
    resourceUsage: () => ({ userCPUTime: 0, systemCPUTime: 0, maxRSS: MEMORY.rss }),
    getuid: () => 1000,
    geteuid: () => 1000,
    getgid: () => 1000,
    getegid: () => 1000,
    getgroups: () => [1000],
    getActiveResourcesInfo: () => [],
    nextTick: (callback: (...args: unknown[]) => void, ...args: unknown[]) => realm.run(() => callback(...args)),
    emitWarning: (warning: unknown) => realm.say(2, `(node:${pid}) ${String(warning)}`),
    exit: (code?: number | string) => {
      if (code !== undefined) it.exitCode = code;
      realm.exit(Number(it.exitCode ?? 0));
      throw realm.exited;
    },
    reallyExit: (code?: number) => {
      realm.exit(code ?? 0);
      throw realm.exited;
    },
    kill: (target: number, signal: string | number = 'SIGTERM') => {
      if (target !== pid) throw realm.stop(new OutsideError('node:process', 'kill', `process ${target} is not its own`));
      if (signal !== 0) realm.signal(String(signal));
      return true;
    },
    hasUncaughtExceptionCaptureCallback: () => false,
    setSourceMapsEnabled() {},
    report: undefined,
    permission: undefined,
  });
  Object.defineProperty(it, Symbol.toStringTag, { value: 'process' });
  return it;
}
