/**
 * One life of an application: its modules, evaluated afresh in a context of V8 whose platform is simulated. Model:
 * - All its code runs in ticks of Node, as its callbacks do: what they queue themselves runs after each, then promises settle, and
 *   only then the world has its next event.
 * - It ends as a process of Node does: by `process.exit`, by an exception or a rejection that nobody handles, by a signal that nobody
 *   handles, or when nothing is left that keeps it alive. What it has begun is then nobody's: connections are closed, timers and
 *   callbacks vanish.
 * - What would leave the world ends the run (OutsideError), whether the application catches the error or not.
 */
import { AsyncResource } from 'node:async_hooks';
import vm from 'node:vm';
import type { ClientEnvironment } from '../core/environment.ts';
import type { RandomStream } from '../ports/random.ts';
import type { ProgramPorts } from '../sim/workload/program.ts';
import { furnish, type RealmGlobal } from './globals.ts';
import type { Hosts } from './hosts.ts';
import { modulesOf } from './modules.ts';
import { consoleOf } from './node/console.ts';
import { cryptoOf } from './node/crypto.ts';
import { fetchOf } from './node/fetch.ts';
import { perfHooksOf } from './node/perf-hooks.ts';
import { type ProcessFacts, processOf } from './node/process.ts';
import { timersOf } from './node/timers.ts';
import { OutsideError } from './outside.ts';
import { RealmTimers } from './timers.ts';

/** How a life ended. */
export interface RealmEnd {
  readonly code: number;
  /** The exception or rejection that it ended by. */
  readonly error?: unknown;
}

export interface RealmOptions extends ProcessFacts {
  readonly program: ProgramPorts;
  readonly chance: RandomStream;
  readonly hosts: Hosts;
  /** A line that it wrote to its standard output (1) or error (2). */
  readonly say: (fd: 1 | 2, line: string) => void;
}

type Main = (realm: unknown, require: (name: string) => unknown, module: unknown, exports: unknown) => Promise<void>;
type Answer = (error: Error | null, value?: unknown) => void;

const FIRST_PORT = 32_768;
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
const settled = Promise.resolve();

export class Realm {
  readonly env: ClientEnvironment;
  readonly chance: RandomStream;
  readonly hosts: Hosts;
  readonly timers: RealmTimers;
  readonly global: RealmGlobal;
  /** Thrown by `process.exit`, which does not return. */
  readonly exited = new Error('the application has ended');
  readonly #options: RealmOptions;
  readonly #process: ReturnType<typeof processOf>;
  readonly #modules: (name: string) => unknown;
  readonly #closers = new Set<() => void>();
  /** In which its code runs, if not in one of its own making. */
  #context: AsyncResource | null = null;
  #over: ((end: RealmEnd) => void) | null = null;
  #isOver = false;
  #holds = 0;
  #isIdleCheckDue = false;
  #isEvaluated = false;
  #ports = 0;

  constructor(options: RealmOptions) {
    const { program, chance, hosts } = options;
    this.#options = options;
    this.env = program.env;
    this.chance = chance;
    this.hosts = hosts;
    this.timers = new RealmTimers(this);
    // Without the interceptors that would make every use of a global forty times as slow.
    this.global = vm.createContext(vm.constants.DONT_CONTEXTIFY) as unknown as RealmGlobal;
    furnish(this, this.global);
    Object.defineProperty(this.global, Symbol.for('kafka-trial.processed'), {
      value: (topic: string, partition: number, offset: number) => {
        if (!this.#isOver) program.processed(topic, partition, offset);
      },
    });
    this.#process = processOf(this, options);
    this.#modules = modulesOf(this);
    const { functions } = timersOf(this);
    const { stdout, stderr } = this.#process;
    Object.assign(this.global, functions, {
      process: this.#process,
      console: consoleOf(this, stdout, stderr),
      performance: perfHooksOf(this).performance,
      crypto: cryptoOf(this).webcrypto,
      fetch: fetchOf(this),
    });
  }

  /** Evaluates the application. Resolves when its life is over. */
  live(script: vm.Script): Promise<RealmEnd> {
    return new Promise((resolve) => {
      this.#over = resolve;
      const main = script.runInContext(this.global as unknown as vm.Context) as Main;
      this.#options.program.within(
        (error) => this.#rejected(error),
        () => {
          this.#context = new AsyncResource('application');
          this.run(() => this.#context?.runInAsyncScope(() => this.#evaluate(main)));
        },
      );
    });
  }

  #evaluate(main: Main): void {
    const module = { exports: {} };
    const inside = { require: this.#modules, addon: (path: string) => this.#addon(path) };
    const evaluated = main(inside, this.require, module, module.exports);
    evaluated.then(
      () => {
        this.#isEvaluated = true;
        this.#checkIdle();
      },
      (error: unknown) => this.#uncaught(error),
    );
    this.#checkIdle();
  }

  /** For modules that are known only at run time. */
  readonly require = (name: string): unknown => {
    const builtin = name.replace(/^node:/, '');
    if (/^[a-z_/]+$/.test(builtin) && process.getBuiltinModule(builtin) !== undefined) return this.#modules(builtin);
    throw Object.assign(new this.global.Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
  };

  #addon(path: string): never {
    const error = new OutsideError(path, 'the native addon', 'native code knows nothing of a simulated time');
    throw Object.assign(error, { code: 'ERR_DLOPEN_FAILED' });
  }

  /** Calls this as soon as the event that is handled is over. What it throws is an exception of the application. */
  run(callback: () => void): void {
    process.nextTick(() => this.#call(callback));
  }

  #call(callback: () => void): void {
    if (this.#isOver) return;
    try {
      callback();
    } catch (error) {
      this.#uncaught(error);
    }
  }

  /** In an event of its own, in the asynchronous context of now. */
  soon(callback: () => void): void {
    this.timers.setImmediate(callback, []);
  }

  /** What Node would have another thread do: is done now, and answered in an event of its own. */
  answer(compute: () => unknown, done: Answer): void {
    let value: unknown;
    try {
      value = compute();
    } catch (error) {
      return this.soon(() => done(error as Error));
    }
    this.soon(() => done(null, value));
  }

  microtask(callback: () => void): void {
    queueMicrotask(() => this.#call(callback));
  }

  /** As Math.random. */
  random(): number {
    return (this.chance.below(2 ** 26, 'random') * 2 ** 27 + this.chance.below(2 ** 27, 'random')) / 2 ** 53;
  }

  nextPort(): number {
    return FIRST_PORT + (this.#ports++ % 28_000);
  }

  say(fd: 1 | 2, line: string): void {
    if (!this.#isOver) this.#options.say(fd, line);
  }

  /** Something that keeps the process alive began, or (-1) ended. */
  hold(count: 1 | -1): void {
    this.#holds += count;
    if (this.#holds === 0) this.#checkIdle();
  }

  /** Something is open, and is to be closed when the process ends. Returns what is to be called when it is closed before. */
  opened(close: () => void): () => void {
    this.#closers.add(close);
    return () => void this.#closers.delete(close);
  }

  /** Ends the run, for this reason; returns the error, for whoever called to see. */
  stop(error: OutsideError): OutsideError {
    this.#options.program.fail(error);
    return error;
  }

  /** A function or class that stops the run when it is called. */
  closed(module: string, call: string, why: string): () => never {
    const stop = (): OutsideError => this.stop(new OutsideError(module, call, why));
    // Not an arrow function: it may be called with `new`.
    return function () {
      throw stop();
    };
  }

  /** As `process.exit`. */
  exit(code: number): void {
    if (this.#isOver) return;
    this.#emit('exit', code);
    this.#end({ code: Number(this.#process.exitCode ?? code) });
  }

  /** Whoever sends signals sends one. Without a handler it ends the process. */
  signal(name: string): void {
    this.env.timers.after(0, () =>
      this.run(() => {
        if (!this.#emit(name, name, SIGNALS[name] ?? 0)) this.#end({ code: 128 + (SIGNALS[name] ?? 9) });
      }),
    );
  }

  /** Ends it without a word, as SIGKILL does. */
  kill(): void {
    this.#end({ code: 137 });
  }

  #end(end: RealmEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const close of this.#closers) close();
    this.#over?.(end);
  }

  /** When everything has settled: nothing is left that keeps it alive? */
  #checkIdle(): void {
    if (this.#isIdleCheckDue || this.#isOver) return;
    this.#isIdleCheckDue = true;
    this.env.timers.after(0, () =>
      this.run(() => {
        this.#isIdleCheckDue = false;
        if (this.#holds > 0) return;
        this.#emit('beforeExit', Number(this.#process.exitCode ?? 0));
        if (this.#holds > 0) return;
        // Node's status for a module that still waits for something at its top level.
        this.exit(this.#isEvaluated ? Number(this.#process.exitCode ?? 0) : 13);
      }),
    );
  }

  #rejected(error: unknown): void {
    this.run(() => {
      if (error === this.exited) return;
      const isHeard = this.#process.listenerCount('unhandledRejection') > 0;
      if (!isHeard || !this.#emit('unhandledRejection', error, settled)) this.#uncaught(error, 'unhandledRejection');
    });
  }

  #uncaught(error: unknown, origin = 'uncaughtException'): void {
    if (error === this.exited || this.#isOver) return;
    this.#process.emit('uncaughtExceptionMonitor', error, origin);
    if (this.#process.listenerCount('uncaughtException') > 0) {
      this.#emit('uncaughtException', error, origin);
      return;
    }
    this.#emit('exit', 1);
    this.#end({ code: 1, error });
  }

  /** What a listener throws ends the process. */
  #emit(event: string, ...args: unknown[]): boolean {
    try {
      return this.#context?.runInAsyncScope(() => this.#process.emit(event, ...args)) ?? false;
    } catch (error) {
      if (error !== this.exited) this.#end({ code: 7, error });
      return true;
    }
  }
}
