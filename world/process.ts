/**
 * Processes and their incarnations. Model:
 * - Each start is a new incarnation. When it ends (kill, halt, stop, power loss) its timers, events and callbacks vanish at
 *   once, also in the middle of an event.
 * - Handling an event costs the process `eventUs`, plus `kibUs` per KiB received, plus what its disk operations cost, times a
 *   factor that a fault can raise.
 * - `stop` asks the process to shut down in order, and ends it when it says that it is done.
 * - `spawn` runs an async function in the process; its rejection ends the run, unless the incarnation is over.
 */
import type { ProcessPorts } from '../ports/process.ts';
import type { Micros, Millis } from '../ports/time.ts';
import type { SimClock } from './clock.ts';
import { type EventTarget, kindId } from './event-queue.ts';
import { Inbox } from './inbox.ts';
import type { Kernel } from './kernel.ts';
import type { Machine } from './machine.ts';
import { Causes, type Undo } from './undo.ts';

/** What a started process shows of itself. */
export interface ProcessHandle {
  /** Shuts down in order, then calls back. */
  shutdown?(done: () => void): void;
  /** What it would show an operator; for checkers. */
  inspect?(): unknown;
}

/** What a process runs when it starts, in an event of its own. */
export type Entry = (env: ProcessPorts) => ProcessHandle | undefined;

/** What handling an event costs, µs of simulated time. */
export interface ServiceTime {
  readonly eventUs: Micros;
  readonly kibUs: Micros;
}

/** Why an incarnation ended. */
export type EndReason = 'killed' | 'power-loss' | 'halted' | 'stopped';

/** Told to the world's observers as it happens. */
export interface ProcessChange {
  readonly process: string;
  readonly incarnation: number;
  readonly change: 'started' | EndReason | 'paused' | 'resumed' | 'slowed';
  /** Only for `halted`: what the process gave as its reason. */
  readonly reason?: string;
  /** Only for `slowed`: how many times as long everything takes from now on (1: as long as ever), but for what is under way until `busyUntilUs`. */
  readonly factor?: number;
  readonly busyUntilUs?: Micros;
}

/** What a process needs of the world it lives in. */
export interface ProcessWorld {
  readonly kernel: Kernel;
  environmentOf(incarnation: Incarnation): ProcessPorts;
  /** The incarnation is over: its connections and listeners go. */
  incarnationEnded(incarnation: Incarnation, reason: EndReason): void;
  processChanged(change: ProcessChange): void;
}

const WAKE = kindId('wake');
const START = kindId('start');
const SPAWN = kindId('spawn');

/** One life of a process. As an event target it is the wake-up after a busy time. */
export class Incarnation implements EventTarget {
  readonly kind = WAKE;
  readonly process: Process;
  /** 0 for the first start. */
  readonly number: number;
  /** `p1#0` */
  readonly label: string;
  /** Unique over processes and incarnations; enters the trace hash. */
  readonly id: number;
  alive = true;
  paused = false;
  busyUntil: Micros = 0;
  wakePending = false;
  /** Cost of the event that is running, µs, before the factor. */
  cost: Micros = 0;
  readonly inbox = new Inbox();

  constructor(process: Process, number: number) {
    this.process = process;
    this.number = number;
    this.label = `${process.name}#${number}`;
    this.id = (process.id << 12) + (number & 0xfff);
  }

  fire(): void {
    this.process.world.kernel.wake(this);
  }
}

/** What a process is made with. */
export interface ProcessOptions {
  /** Unique name, also its host name unless `host` is given. */
  readonly name: string;
  readonly machine: Machine;
  /** Name by which others connect to it. */
  readonly host?: string;
  /** Its events touch promises: let them settle after each (clients, applications). Default false. */
  readonly async?: boolean;
  /** Default: the world's. */
  readonly service?: ServiceTime;
  /** What it runs when it starts; `start` can give another. */
  readonly entry?: Entry;
}

/** A program on a machine: down, or alive. Each start is a new incarnation. */
export class Process {
  readonly name: string;
  readonly host: string;
  readonly machine: Machine;
  readonly async: boolean;
  readonly clock: SimClock;
  readonly service: ServiceTime;
  /** From 1; enters the trace hash. */
  readonly id: number;
  readonly world: ProcessWorld;
  #entry: Entry | null;
  #incarnation: Incarnation | null = null;
  #environment: ProcessPorts | null = null;
  #handle: ProcessHandle | null = null;
  #starts = 0;
  #slowFactor = 1;
  readonly #slowness = new Causes((worst) => {
    this.#slowFactor = worst ?? 1;
    const incarnation = this.#incarnation;
    this.world.processChanged({
      process: this.name,
      incarnation: incarnation?.number ?? this.#starts,
      change: 'slowed',
      factor: this.#slowFactor,
      busyUntilUs: incarnation?.busyUntil ?? 0,
    });
  });
  /** By step, how late it is done. */
  readonly #delays = new Map<string, { lateMs: Millis; readonly causes: Causes }>();

  constructor(world: ProcessWorld, id: number, options: ProcessOptions, clock: SimClock, service: ServiceTime) {
    this.world = world;
    this.id = id;
    this.name = options.name;
    this.host = options.host ?? options.name;
    this.machine = options.machine;
    this.async = options.async ?? false;
    this.service = service;
    this.clock = clock;
    this.#entry = options.entry ?? null;
  }

  get alive(): boolean {
    return this.#incarnation !== null;
  }

  get paused(): boolean {
    return this.#incarnation?.paused ?? false;
  }

  /** The running incarnation, or null. */
  get incarnation(): Incarnation | null {
    return this.#incarnation;
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  /** The running incarnation's environment, or null. */
  get environment(): ProcessPorts | null {
    return this.#environment;
  }

  /** What the entry returned; null while it is down, or before its start event ran. */
  get handle(): ProcessHandle | null {
    return this.#handle;
  }

  /** Starts a new incarnation. `entry` replaces the one given before; a process without one only has its environment. */
  start(entry?: Entry): void {
    if (this.#incarnation !== null) throw new Error(`${this.name} is running already.`);
    if (!this.machine.powered) throw new Error(`${this.name} can't start: machine ${this.machine.name} has no power.`);
    if (entry !== undefined) this.#entry = entry;
    const incarnation = new Incarnation(this, this.#starts++);
    this.#incarnation = incarnation;
    this.#environment = this.world.environmentOf(incarnation);
    this.world.processChanged({ process: this.name, incarnation: incarnation.number, change: 'started' });
    const run = this.#entry;
    if (run !== null) {
      const environment = this.#environment;
      this.post(START, () => {
        this.#handle = run(environment) ?? null;
      });
    }
  }

  /** Ends it at once, as kill -9 does. Nothing happens if it is down. */
  kill(): void {
    this.end('killed');
  }

  /** Kills it if it is up, and starts it again. */
  restart(entry?: Entry): void {
    this.kill();
    this.start(entry);
  }

  /** Asks it to shut down in order; it ends when it is done (at once if it has no `shutdown`), and then `done` is called. */
  stop(done: () => void = () => {}): void {
    const incarnation = this.#incarnation;
    if (incarnation === null) return done();
    const finish = () => {
      if (!incarnation.alive) return;
      this.end('stopped');
      done();
    };
    this.post(START, () => {
      if (this.#handle?.shutdown === undefined) finish();
      else this.#handle.shutdown(finish);
    });
  }

  /** Stops the world inside it: it handles nothing until `resume`. */
  pause(): void {
    const incarnation = this.#incarnation;
    if (incarnation === null || incarnation.paused) return;
    incarnation.paused = true;
    this.world.processChanged({ process: this.name, incarnation: incarnation.number, change: 'paused' });
  }

  /** It goes on, with all that came due meanwhile. Nothing happens if it is not paused. */
  resume(): void {
    const incarnation = this.#incarnation;
    if (incarnation === null || !incarnation.paused) return;
    incarnation.paused = false;
    this.world.processChanged({ process: this.name, incarnation: incarnation.number, change: 'resumed' });
    if (incarnation.inbox.size > 0) this.world.kernel.wakeLater(incarnation);
  }

  /** Everything it does takes this many times as long, across restarts; of several causes the worst counts. */
  slow(factor: number): Undo {
    return this.#slowness.add(factor);
  }

  /** It does the steps of this name (`lateMs` of ports/process.ts) so much later, across restarts; of several causes the worst counts. */
  delay(step: string, ms: number): Undo {
    let delay = this.#delays.get(step);
    if (delay === undefined) {
      const made = {
        lateMs: 0,
        causes: new Causes((worst) => {
          made.lateMs = worst ?? 0;
        }),
      };
      this.#delays.set(step, made);
      delay = made;
    }
    return delay.causes.add(ms);
  }

  lateMs(step: string): Millis {
    return this.#delays.get(step)?.lateMs ?? 0;
  }

  /** Runs an async function in the process, from an event of its own. Its rejection ends the run. */
  spawn(run: (env: ProcessPorts) => Promise<void>): void {
    const incarnation = this.#incarnation;
    const environment = this.#environment;
    if (incarnation === null || environment === null) throw new Error(`${this.name} is not running.`);
    const kernel = this.world.kernel;
    this.post(SPAWN, () => {
      kernel.markDirty();
      run(environment).catch((error: unknown) => {
        if (incarnation.alive) kernel.fail(error, incarnation, 'rejection');
      });
    });
  }

  /** Resolves after `ms` of the process's monotonic time; never, if it ends before. */
  sleep(ms: number): Promise<void> {
    const environment = this.#environment;
    return new Promise((resolve) => {
      environment?.timers.after(ms, () => {
        this.world.kernel.markDirty();
        resolve();
      });
    });
  }

  /** Queues an event of this process at the present time. */
  post(kind: number, run: () => void): void {
    const kernel = this.world.kernel;
    kernel.schedule(kernel.now, this.#incarnation, { kind, fire: run });
  }

  /** Adds to the cost of the event that is running (µs, before the factor). */
  charge(us: number): void {
    if (this.#incarnation !== null) this.#incarnation.cost += us;
  }

  /** A cost with the process's factor. */
  scaled(us: Micros): Micros {
    return us * this.#slowFactor;
  }

  /** The incarnation is over, for this reason. */
  end(reason: EndReason, detail?: string): void {
    const incarnation = this.#incarnation;
    if (incarnation === null) return;
    incarnation.alive = false;
    incarnation.inbox.clear();
    this.#incarnation = null;
    this.#environment = null;
    this.#handle = null;
    this.world.incarnationEnded(incarnation, reason);
    this.world.processChanged({
      process: this.name,
      incarnation: incarnation.number,
      change: reason,
      ...(detail === undefined ? {} : { reason: detail }),
    });
  }
}
