/**
 * Functions of Node that a simulated application must not call, beyond those that every platform has (world/guards.ts): its
 * clocks, chance, timers, files, and the ways to end the process. They refuse while simulated code runs, and are what they
 * were for everybody else. To be imported before scenarios are loaded, which may keep a function under another name.
 */
import { syncBuiltinESMExports } from 'node:module';
import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import perfHooks from 'node:perf_hooks';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { RealWorldError } from '../world/guards.ts';
import { isSimulated } from './escapes.ts';

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'];
const CHANCE_OR_THREADS = [
  ...[
    'randomBytes',
    'randomFill',
    'randomFillSync',
    'randomInt',
    'randomUUID',
    'getRandomValues',
    'generateKey',
    'generateKeySync',
  ],
  ...['generateKeyPair', 'generateKeyPairSync', 'generatePrime', 'generatePrimeSync', 'pbkdf2', 'scrypt', 'hkdf'],
];

forbid('node:timers', timers, TIMERS);
forbid('node:timers/promises', timersPromises, TIMERS);
forbid('node:timers/promises scheduler', timersPromises.scheduler, ['wait', 'yield']);
forbid('process', process, ['hrtime', 'uptime', 'exit', 'reallyExit', 'abort', 'kill']);
forbid('process.hrtime', process.hrtime, ['bigint']);
forbid('performance', perfHooks.performance, ['eventLoopUtilization', 'timerify']);
forbid('node:crypto', crypto, CHANCE_OR_THREADS);
forbid('crypto.subtle', Object.getPrototypeOf(crypto.webcrypto.subtle) as object, Object.keys(SubtleCrypto.prototype));
forbid('node:fs/promises', fsPromises, functionsOf(fsPromises));
// Those that wait: what has a synchronous twin, which the world of a run stands still for, and streams.
forbid('node:fs', fs, [
  ...functionsOf(fs).filter((name) => `${name}Sync` in fs),
  ...['createReadStream', 'createWriteStream', 'watch', 'watchFile', 'openAsBlob'],
]);
forbid('node:child_process', childProcess, functionsOf(childProcess));
forbid('the platform', globalThis, ['fetch']);
// So that functions imported by name refuse too.
syncBuiltinESMExports();

/** After an exception that nobody caught, Node goes on by way of its own public functions. */
function isCalledByNode(): boolean {
  const caller = new Error().stack?.split('\n')[3] ?? '';
  return /node:internal\/(process|main)\//.test(caller);
}

function functionsOf(module: object): string[] {
  return Object.entries(module)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name))
    .map(([name]) => name);
}

function forbid(where: string, owner: object, names: readonly string[]): void {
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(owner, name);
    const original: unknown = (owner as Record<string, unknown>)[name];
    if (property?.configurable !== true || typeof original !== 'function') continue;
    // A proxy keeps what hangs on the function, such as its promisified form.
    const value = new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (isSimulated() && !isCalledByNode()) throw new RealWorldError(`${name} of ${where}`);
        return Reflect.apply(target as (...args: unknown[]) => unknown, self, args);
      },
    });
    Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: property.enumerable === true });
  }
}
