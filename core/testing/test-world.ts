/**
 * The simulated world as unit tests of core use it: driven by hand, without promises, and to the millisecond. A packet takes one
 * way `latencyMs`; nothing else takes time, a sync neither; events at one instant come in the order in which they were made.
 */
import type { RandomStream } from '../../ports/random.ts';
import { type Timer, micros } from '../../ports/time.ts';
import type { Process } from '../../world/process.ts';
import { World, type WorldOptions } from '../../world/world.ts';
import type { Environment } from '../environment.ts';
import { pureCompression } from '../protocol/compression.ts';
import type { TraceEvent, TraceEventOf, TraceEventType } from '../trace.ts';

export interface TestWorldOptions extends Partial<WorldOptions> {
  /** Default 1. */
  readonly latencyMs?: number;
}

export class TestWorld {
  readonly world: World;
  /** What every process emitted, in order. */
  readonly trace: { readonly atMs: number; readonly node: string; readonly event: TraceEvent }[] = [];
  /** Why a process ended itself, by name; forgotten when it is started again. */
  readonly halted = new Map<string, string>();

  constructor({ latencyMs = 1, network, disk, ...options }: TestWorldOptions = {}) {
    const latencyUs = micros(latencyMs);
    const bytesPerUs = Number.POSITIVE_INFINITY;
    this.world = new World({
      seed: 1,
      racing: false,
      buggify: false,
      service: { eventUs: 0, kibUs: 0 },
      network: { baseLatencyUs: latencyUs, loopbackUs: latencyUs, jitterUs: 0, bytesPerUs, ...network },
      disk: { syncBaseUs: 0, syncJitterUs: 0, operationUs: 0, mibUs: 0, bytesPerUs, ...disk },
      ...options,
    });
    this.world.observe({
      onEvent: (node, _incarnation, _timeUs, event) =>
        void this.trace.push({ atMs: this.nowMs, node, event: event as TraceEvent }),
      onProcess: ({ process, change, reason }) => {
        if (change === 'started') this.halted.delete(process);
        if (change === 'halted') this.halted.set(process, reason ?? '');
      },
    });
  }

  get nowMs(): number {
    return this.world.now / 1000;
  }

  /** Chance for the test itself. */
  stream(name: string): RandomStream {
    return this.world.chance.stream(name);
  }

  /** What was emitted of a type, by whomever. */
  events<T extends TraceEventType>(type: T): TraceEventOf<T>[] {
    return this.trace.map(({ event }) => event).filter((event): event is TraceEventOf<T> => event.type === type);
  }

  /** A process of this name, on a machine of its own; it is made when it is first asked for. */
  process(name: string): Process {
    const known = this.world.processes.find((process) => process.name === name);
    return known ?? this.world.createProcess({ name, machine: this.world.createMachine({ name }) });
  }

  /** What a process has of the world; it is started if it is down. A plain object, so that a test can put something else in a place. */
  environment(name: string): Environment {
    const process = this.process(name);
    if (!process.alive) process.start();
    const ports = process.environment;
    if (ports === null) throw new Error(`${name} is down.`);
    const lateMs = (step: string): number => process.lateMs(step);
    return { ...ports, halt: (reason) => ports.halt(reason), lateMs, compression: pureCompression };
  }

  /** Calls in an event of its own, after what is already due then. */
  after(delayMs: number, run: () => void): Timer {
    return { cancel: this.world.after(micros(delayMs), run) };
  }

  /** Runs everything that is due within so much time, and leaves the clock there. */
  run(forMs: number): void {
    this.runTo(this.nowMs + forMs);
  }

  /** Runs everything that is due up to a time, and leaves the clock there. */
  runTo(atMs: number): void {
    while (this.world.kernel.step(micros(atMs)));
  }

  /** Runs until `until` holds; throws if it does not within `limitMs`. */
  runUntil(until: () => boolean, limitMs: number): void {
    if (!this.reaches(until, limitMs)) throw new Error(`not reached within ${limitMs} ms`);
  }

  /** Runs until `until` holds; whether it did within `limitMs`. */
  reaches(until: () => boolean, limitMs: number): boolean {
    const endUs = this.world.now + micros(limitMs);
    while (!until()) if (!this.world.kernel.step(endUs)) return false;
    return true;
  }
}
