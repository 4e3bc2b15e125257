/**
 * One incarnation's ports (ports/process.ts). Model:
 * - A timer fires once the process's own monotonic clock has reached its deadline, in an event of its own.
 * - Calls of an incarnation that is over (it halted in the middle of this event) do nothing.
 */
import type { Disk } from '../ports/disk.ts';
import type { ProcessEvent, ProcessPorts, Tracer } from '../ports/process.ts';
import type { Network } from '../ports/network.ts';
import type { Random } from '../ports/random.ts';
import { type Clock, type Micros, micros, type Millis, type Timer, type Timers } from '../ports/time.ts';
import type { SimClock } from './clock.ts';
import { type EventTarget, kindId } from './event-queue.ts';
import type { Kernel } from './kernel.ts';
import type { Incarnation } from './process.ts';

const TIMER = kindId('timer');

class SimTimer implements Timer, EventTarget {
  readonly kind = TIMER;
  readonly #kernel: Kernel;
  readonly #incarnation: Incarnation;
  readonly #deadlineUs: Micros;
  #callback: (() => void) | null;
  #slot: number;

  constructor(kernel: Kernel, incarnation: Incarnation, clock: SimClock, delayMs: Millis, callback: () => void) {
    this.#kernel = kernel;
    this.#incarnation = incarnation;
    this.#callback = callback;
    this.#deadlineUs = clock.monotonicUs() + micros(delayMs);
    this.#slot = kernel.schedule(clock.trueTimeOf(this.#deadlineUs), incarnation, this);
  }

  cancel(): void {
    if (this.#callback === null) return;
    this.#callback = null;
    this.#kernel.cancel(this.#slot, this);
  }

  fire(): void {
    const callback = this.#callback;
    if (callback === null) return;
    const clock = this.#incarnation.process.clock;
    if (clock.monotonicUs() < this.#deadlineUs) {
      // The clock was slowed after the timer was set.
      this.#slot = this.#kernel.schedule(clock.trueTimeOf(this.#deadlineUs), this.#incarnation, this);
      return;
    }
    this.#callback = null;
    callback();
  }
}

const DEAD_TIMER: Timer = { cancel() {} };

export class SimEnvironment implements ProcessPorts, Timers, Tracer {
  readonly nodeName: string;
  readonly host: string;
  readonly clock: Clock;
  readonly timers: Timers = this;
  readonly tracer: Tracer = this;
  readonly network: Network;
  readonly random: Random;
  readonly disk: Disk;
  readonly #incarnation: Incarnation;
  readonly #kernel: Kernel;
  readonly #emit: (incarnation: Incarnation, event: ProcessEvent) => void;

  constructor(
    incarnation: Incarnation,
    ports: { readonly kernel: Kernel; readonly network: Network; readonly random: Random; readonly disk: Disk },
    emit: (incarnation: Incarnation, event: ProcessEvent) => void,
  ) {
    const process = incarnation.process;
    this.#incarnation = incarnation;
    this.#kernel = ports.kernel;
    this.#emit = emit;
    this.nodeName = process.name;
    this.host = process.host;
    this.clock = process.clock;
    this.network = ports.network;
    this.random = ports.random;
    this.disk = ports.disk;
  }

  after(delayMs: Millis, callback: () => void): Timer {
    if (!(delayMs >= 0)) throw new RangeError(`A timer of ${delayMs} ms.`);
    if (!this.#incarnation.alive) return DEAD_TIMER;
    return new SimTimer(this.#kernel, this.#incarnation, this.#incarnation.process.clock, delayMs, callback);
  }

  emit(event: ProcessEvent): void {
    if (this.#incarnation.alive) this.#emit(this.#incarnation, event);
  }

  lateMs(step: string): Millis {
    return this.#incarnation.process.lateMs(step);
  }

  halt(reason: string): void {
    if (this.#incarnation.alive) this.#incarnation.process.end('halted', reason);
  }
}
