/**
 * The simulated world: machines, processes, network and disks over one kernel, and whoever watches. A run builds a world
 * from a seed, puts machines and processes into it, and runs it through virtual time (docs/world.md shows it at work):
 *
 *     const world = new World({ seed: 7 });
 *     const machine = world.createMachine({ name: 'm1', rack: 'r1' });
 *     const server = world.createProcess({ name: 'server', machine, entry: (env) => startServer(env) });
 *     server.start();
 *     world.after(5_000_000, () => machine.powerOff());
 *     await world.run({ until: 60_000_000, host });
 *
 * The same seed and the same calls give the same `trace.digest()`.
 */
import type { ProcessEvent, ProcessPorts } from '../ports/process.ts';
import type { Micros } from '../ports/time.ts';
import { CauseLog } from './cause-log.ts';
import { Chance, type ChanceOptions } from './chance.ts';
import { SimClock } from './clock.ts';
import type { NetworkCounters } from './direction.ts';
import { type DiskCounters, type DiskOptions, SimDisk } from './disk.ts';
import { SimEnvironment } from './environment.ts';
import { kindId } from './event-queue.ts';
import { Kernel, type KernelLimits, type RunOptions } from './kernel.ts';
import type { NetworkOptions } from './link.ts';
import { Machine } from './machine.ts';
import { SimNetwork } from './network.ts';
import {
  type EndReason,
  type Incarnation,
  Process,
  type ProcessChange,
  type ProcessOptions,
  type ServiceTime,
} from './process.ts';
import { TraceHash } from './trace-hash.ts';
import type { Undo } from './undo.ts';

/** What a world is made with. Only the seed has no default. */
export interface WorldOptions extends ChanceOptions {
  /** Decides everything that is left to chance. */
  readonly seed: number | string;
  /** What differs from NETWORK_DEFAULTS. */
  readonly network?: Partial<NetworkOptions>;
  /** Of every machine that gives none of its own: what differs from DISK_DEFAULTS. */
  readonly disk?: Partial<DiskOptions>;
  /** Of every process that gives none of its own. Default 10 µs per event, 1 µs per KiB. */
  readonly service?: ServiceTime;
  /** Events at one instant run in a drawn order, as they may. Default true; false: in the order in which they were queued. */
  readonly racing?: boolean;
  /** Keep what every event came of, in `kernel.causes`. Default false; it changes nothing of what happens. */
  readonly causes?: boolean;
  /** When a run counts as stuck. Default 2,000,000 events at one instant, and no limit of real time. */
  readonly limits?: Partial<KernelLimits>;
  /** Cells in which another thread sees whether the world gets on (`newPulse` of kernel.ts). */
  readonly pulse?: Int32Array;
}

/** Sees everything that happens, at its virtual time, in order. Must not change what it is given. */
export interface Observer {
  /** What a process told of itself. */
  onEvent?(node: string, incarnation: number, timeUs: Micros, event: ProcessEvent): void;
  /** A process started, ended, was paused or resumed. */
  onProcess?(change: ProcessChange, timeUs: Micros): void;
  /** A sync left bytes of this file off the medium that count as clean from now on: it failed, or lied. */
  onSyncLied?(machine: string, path: string): void;
  /** Power loss took sectors in the midst of what was durable of this file. */
  onTorn?(machine: string, path: string): void;
}

/** What has happened in a world so far. */
export interface WorldCounters {
  /** Events that were handled. */
  readonly events: number;
  readonly network: Readonly<NetworkCounters>;
  /** Sums over all machines. */
  readonly disk: Readonly<DiskCounters>;
}

const WORLD = kindId('world');
const SERVICE: ServiceTime = { eventUs: 10, kibUs: 1 };
const IN_ORDER = { below: () => 0 };
const LIMITS: KernelLimits = { maxEventsPerInstant: 2_000_000, stallLimitMs: Number.POSITIVE_INFINITY };

/** Machines, processes, network and disks in virtual time, and all chance of a run: a function of its seed. */
export class World {
  /** The streams of chance; whoever makes faults or load draws from streams of his own. */
  readonly chance: Chance;
  /** Hash of all that happened. */
  readonly trace = new TraceHash();
  readonly kernel: Kernel;
  /** Its functions are the faults of the network. */
  readonly network: SimNetwork;
  readonly #options: WorldOptions;
  readonly #machines = new Map<string, Machine>();
  readonly #processes = new Map<string, Process>();
  readonly #eventObservers: NonNullable<Observer['onEvent']>[] = [];
  readonly #processObservers: NonNullable<Observer['onProcess']>[] = [];
  readonly #syncObservers: NonNullable<Observer['onSyncLied']>[] = [];
  readonly #tearObservers: NonNullable<Observer['onTorn']>[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
    this.chance = new Chance(options.seed, options);
    const ties = options.racing === false ? IN_ORDER : this.chance.stream('schedule');
    const causes = options.causes === true ? new CauseLog() : null;
    this.kernel = new Kernel(ties, this.trace, { ...LIMITS, ...options.limits }, options.pulse, causes);
    this.network = new SimNetwork(this.kernel, this.trace, this.chance, options.network);
  }

  /** Virtual time, µs. */
  get now(): Micros {
    return this.kernel.now;
  }

  /** In the order in which they were created. */
  get machines(): readonly Machine[] {
    return [...this.#machines.values()];
  }

  /** In the order in which they were created. */
  get processes(): readonly Process[] {
    return [...this.#processes.values()];
  }

  /** Creates a machine, which has power. */
  createMachine(options: { readonly name: string; readonly rack?: string; readonly disk?: Partial<DiskOptions> }): Machine {
    const { name } = options;
    if (this.#machines.has(name)) throw new Error(`There is a machine ${name} already.`);
    const stream = this.chance.stream(`disk/${name}`);
    const disk = new SimDisk(
      this.kernel,
      this.trace,
      stream,
      { ...this.#options.disk, ...options.disk },
      {
        onSyncLied: (path) => {
          for (const observe of this.#syncObservers) observe(name, path);
        },
        onTorn: (path) => {
          for (const observe of this.#tearObservers) observe(name, path);
        },
      },
    );
    const machine = new Machine(name, options.rack ?? null, disk, (changed) => this.network.powerChanged(changed));
    this.#machines.set(name, machine);
    return machine;
  }

  /** Creates a process; it is down until `start`. Create all processes of a run before the first is cut off from others. */
  createProcess(options: ProcessOptions): Process {
    const { name } = options;
    if (this.#processes.has(name)) throw new Error(`There is a process ${name} already.`);
    const clock = new SimClock(
      () => this.kernel.now,
      this.chance.stream(`clock/${name}`).below(1_000_000_000, 'monotonic-start'),
    );
    const service = options.service ?? this.#options.service ?? SERVICE;
    const process = new Process(this, this.#processes.size + 1, options, clock, service);
    this.#processes.set(name, process);
    options.machine.add(process);
    this.network.add(process);
    return process;
  }

  /** By name; throws if there is none. */
  machine(name: string): Machine {
    return found(this.#machines.get(name), name);
  }

  /** By name; throws if there is none. */
  process(name: string): Process {
    return found(this.#processes.get(name), name);
  }

  /** All machines of a rack. */
  rack(name: string): readonly Machine[] {
    return this.machines.filter((machine) => machine.rack === name);
  }

  /** From now on the observer sees what happens. */
  observe(observer: Observer): void {
    if (observer.onEvent !== undefined) this.#eventObservers.push(observer.onEvent.bind(observer));
    if (observer.onSyncLied !== undefined) this.#syncObservers.push(observer.onSyncLied.bind(observer));
    if (observer.onTorn !== undefined) this.#tearObservers.push(observer.onTorn.bind(observer));
    if (observer.onProcess !== undefined) this.#processObservers.push(observer.onProcess.bind(observer));
  }

  /** Calls `run` once, `delayUs` of virtual time from now, in an event of the world itself. Returns what takes it back. */
  after(delayUs: Micros, run: () => void): Undo {
    const target = { kind: WORLD, fire: run };
    const slot = this.kernel.schedule(this.kernel.now + delayUs, null, target);
    return () => {
      this.kernel.cancel(slot, target);
    };
  }

  /** Resolves after so much virtual time; for the harness's own async functions. */
  sleep(us: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(us, () => {
        this.kernel.markDirty();
        resolve();
      });
    });
  }

  /** Runs an async function of the harness; its rejection ends the run. */
  spawn(run: () => Promise<void>): void {
    this.after(0, () => {
      this.kernel.markDirty();
      run().catch((error: unknown) => this.kernel.fail(error, null, 'rejection'));
    });
  }

  /** Runs until a virtual time (µs), `stop()`, or a failure (rejects with SimulationFailure). May be called again to go on. */
  run(options: RunOptions): Promise<void> {
    return this.kernel.run(options);
  }

  /** Ends the current `run` after the event that is running. */
  stop(): void {
    this.kernel.stop();
  }

  /** What has happened so far, in numbers. */
  counters(): WorldCounters {
    const disk: DiskCounters = { appends: 0, bytesAppended: 0, reads: 0, bytesRead: 0, syncs: 0, syncErrors: 0, powerLosses: 0 };
    for (const machine of this.#machines.values()) {
      for (const key of Object.keys(disk) as (keyof DiskCounters)[]) disk[key] += machine.disk.counters[key];
    }
    return { events: this.kernel.handled, network: { ...this.network.counters }, disk };
  }

  // --- ProcessWorld ---

  environmentOf(incarnation: Incarnation): ProcessPorts {
    const { process } = incarnation;
    const ports = {
      kernel: this.kernel,
      network: this.network.port(incarnation),
      random: this.chance.scoped(`process/${process.name}`),
      disk: process.machine.disk.port(incarnation),
    };
    return new SimEnvironment(incarnation, ports, (from, event) => this.#emit(from, event));
  }

  incarnationEnded(incarnation: Incarnation, reason: EndReason): void {
    this.network.ended(incarnation, reason);
  }

  processChanged(change: ProcessChange): void {
    this.trace.text(change.change);
    for (const observe of this.#processObservers) observe(change, this.kernel.now);
  }

  #emit(incarnation: Incarnation, event: ProcessEvent): void {
    this.trace.text(event.type);
    for (const observe of this.#eventObservers) observe(incarnation.process.name, incarnation.number, this.kernel.now, event);
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`There is no ${name} in this world.`);
  return value;
}
