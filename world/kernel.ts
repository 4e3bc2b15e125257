/**
 * The kernel: virtual time and the one event queue. Model:
 * - Time is an integer number of microseconds. Events run in the order of (time, tie-break drawn from the `schedule` stream,
 *   sequence); an event in the past cannot be queued. A world that is not `racing` has no tie-break: first come, first served.
 * - An event belongs to an incarnation of a process, or to the world (owner null). Events of a dead incarnation vanish.
 * - A process handles one event at a time and is busy for that event's cost; what arrives meanwhile waits in order. What an
 *   event sends, it sends at its start; the process is busy afterwards.
 * - A paused process handles nothing; when it resumes, all that came due meanwhile is handled, late and at once.
 * - Promises settle before the next event if the event touched one: it belonged to a process marked `async`, or a primitive
 *   called `markDirty`. Stretches in which nothing is dirty run synchronously.
 * - An error thrown in an event (unless the process halted before, in the same event), a spawned function's rejection, and a lack of progress end the run at that time.
 *
 * Hot path, written for speed (an empty event with tie-break, heap and trace hash: 205-340 ns CPU on a busy machine, most of it the heap).
 */
import type { RandomStream } from '../ports/random.ts';
import type { Micros, Millis } from '../ports/time.ts';
import { EVENT_KINDS, type EventKind, EventQueue, type EventTarget } from './event-queue.ts';
import {
  ApplicationError,
  blamed,
  type FailureKind,
  failureKind,
  SimulationFailure,
  StallError,
  WatchdogError,
} from './failures.ts';
import { installGuards } from './guards.ts';
import type { CauseLog } from './cause-log.ts';
import type { EscapeOwner, Host } from './host.ts';
import type { Incarnation } from './process.ts';
import type { TraceHash } from './trace-hash.ts';

/** When the watchdog ends a run. */
export interface KernelLimits {
  /** Events at one instant of virtual time before the watchdog ends the run. */
  readonly maxEventsPerInstant: number;
  /** Real milliseconds one call of `run` may take before that counts as no progress; Infinity: no limit. */
  readonly stallLimitMs: Millis;
}

/** How far a world runs, and on what. */
export interface RunOptions {
  /** Virtual time, µs. Events at this time still run; then the clock stands at it. */
  readonly until: Micros;
  /** The platform; on Node `createNodeHost` makes one. */
  readonly host: Host;
  /** Forbid the real world's clock, chance and timers while simulated code runs. Default true. */
  readonly guards?: boolean;
}

/**
 * Cells that another thread may look at, to see whether a run gets on: how often `run` was called, and the id of the process
 * whose code is running (0: none yet).
 */
export const PULSE_BEATS = 0;
export const PULSE_OWNER = 1;
/** In PULSE_OWNER: the host has its turn, or nothing runs. */
export const OUTSIDE_OF_RUN = -1;

/** Cells for a run; with `shared`, other threads can see them. */
export function newPulse(shared = false): Int32Array {
  const pulse = new Int32Array(
    shared ? new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT) : new ArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT),
  );
  pulse[PULSE_OWNER] = OUTSIDE_OF_RUN;
  return pulse;
}

const RECENT = 64;
const LOOK_AT_CLOCK_EVERY = 1024;
const YIELD_EVERY_MS = 25;

/** Virtual time, and the events that are still to come. */
export class Kernel {
  /** Virtual time, µs. Read only. */
  now: Micros = 0;
  /** The incarnation whose event is running. Read only. */
  current: Incarnation | null = null;
  /** Events that were handled. Read only. */
  handled = 0;

  /** What events come of, if somebody wants to know. */
  readonly causes: CauseLog | null;
  /** Of the event that is about to be handled. */
  #cause = 0;

  readonly #queue = new EventQueue();
  readonly #ties: Pick<RandomStream, 'below'>;
  readonly #trace: TraceHash;
  readonly #limits: KernelLimits;
  readonly #pulse: Int32Array;
  #dirty = false;
  #stopped = false;
  #failure: SimulationFailure | null = null;

  #instantEvents = 0;
  readonly #recentTimes = new Float64Array(RECENT);
  readonly #recentKinds = new Uint8Array(RECENT);
  readonly #recentOwners: (Incarnation | null)[] = new Array(RECENT).fill(null);

  constructor(
    ties: Pick<RandomStream, 'below'>,
    trace: TraceHash,
    limits: KernelLimits,
    pulse: Int32Array = newPulse(),
    causes: CauseLog | null = null,
  ) {
    this.causes = causes;
    this.#pulse = pulse;
    this.#ties = ties;
    this.#trace = trace;
    this.#limits = limits;
  }

  /** Events waiting, without those that wait for a busy process. */
  get pending(): number {
    return this.#queue.size;
  }

  /** The events that wait for a process, in no order; for those who look on. */
  waitingFor(incarnation: Incarnation): { readonly atUs: Micros; readonly kind: EventKind }[] {
    return this.#queue
      .waiting()
      .filter(({ owner }) => owner === incarnation)
      .map(({ time, target }) => ({ atUs: time, kind: EVENT_KINDS[target.kind] ?? 'world' }));
  }

  get failure(): SimulationFailure | null {
    return this.#failure;
  }

  /** Queues an event at a virtual time (µs, not before now) and returns its slot, for `cancel`. */
  schedule(at: Micros, owner: Incarnation | null, target: EventTarget, arg = 0): number {
    if (!(at >= this.now)) throw new RangeError(`An event at ${at} µs, before now (${this.now} µs).`);
    const slot = this.#queue.push(at, this.#ties.below(EventQueue.tieSpan, 'tie'), owner, target, arg);
    this.causes?.queued(slot, this.handled);
    return slot;
  }

  /** Takes an event back, unless it has run or is waiting for a busy process. */
  cancel(slot: number, target: EventTarget): boolean {
    return this.#queue.cancel(slot, target);
  }

  /** From an event of the world: hands an event to a process now, or to its queue if it is busy. */
  dispatch(owner: Incarnation, target: EventTarget, arg: number): void {
    this.#cause = this.handled;
    this.#deliver(owner, target, arg);
  }

  #deliver(owner: Incarnation, target: EventTarget, arg: number): void {
    if (!owner.alive) return;
    if (owner.busyUntil > this.now || owner.paused || owner.inbox.size > 0) this.#enqueue(owner, target, arg);
    else this.#handle(owner, target, arg);
  }

  /** Promises were touched: let them settle before the next event. */
  markDirty(): void {
    this.#dirty = true;
  }

  /** Ends the run, as a failure of `owner` at this time. The first failure stands. */
  fail(error: unknown, owner: EscapeOwner | null, otherwise: FailureKind = 'exception'): void {
    if (this.#failure !== null) return;
    this.#failure =
      error instanceof SimulationFailure
        ? error
        : new SimulationFailure(failureKind(error, otherwise), owner?.process.name ?? null, owner?.number ?? 0, this.now, error);
  }

  /** Ends the current `run` after this event, at this time. */
  stop(): void {
    this.#stopped = true;
  }

  /** A process goes on handling what waits for it, as soon as it is no longer busy. */
  wakeLater(incarnation: Incarnation): void {
    if (incarnation.wakePending) return;
    incarnation.wakePending = true;
    this.schedule(Math.max(this.now, incarnation.busyUntil), null, incarnation);
  }

  /** The wake event of an incarnation: handles the first event that waits. */
  wake(incarnation: Incarnation): void {
    incarnation.wakePending = false;
    if (!incarnation.alive || incarnation.paused || incarnation.inbox.size === 0) return;
    if (incarnation.busyUntil > this.now) return this.wakeLater(incarnation);
    const inbox = incarnation.inbox;
    inbox.shift();
    if (this.causes !== null) this.#cause = this.causes.waitedFor(incarnation);
    this.#handle(incarnation, inbox.target as EventTarget, inbox.arg);
    if (inbox.size > 0 && incarnation.alive) this.wakeLater(incarnation);
  }

  /** Runs events until a time, `stop` or a failure; a failure rejects with SimulationFailure. May be called again to go on. */
  run({ until, host, guards = true }: RunOptions): Promise<void> {
    this.#stopped = false;
    this.#pulse[PULSE_BEATS] = (this.#pulse[PULSE_BEATS] as number) + 1;
    const handledBefore = this.handled;
    const started = host.nowMs();
    let burstStarted = started;
    let sinceLook = 0;
    let release: (() => void) | null = null;
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          if (guards && release === null) release = installGuards();
          this.#pulse[PULSE_OWNER] = this.#lastOwner?.process.id ?? 0;
          if (host.reachedOut !== null) throw this.#ofHost(host.reachedOut.error);
          while (this.#failure === null && !this.#stopped) {
            if (!this.step(until)) break;
            if (++sinceLook === LOOK_AT_CLOCK_EVERY) {
              sinceLook = 0;
              const wallMs = host.nowMs();
              if (wallMs - started > this.#limits.stallLimitMs) {
                throw this.#watchdog(
                  `no progress in ${this.#limits.stallLimitMs} ms of real time, with ${this.handled - handledBefore} events`,
                );
              }
              if (wallMs - burstStarted > YIELD_EVERY_MS) {
                burstStarted = wallMs;
                // Promises settle under the guards first; only then the real world has its turn.
                host.hop(() => {
                  this.#pulse[PULSE_OWNER] = OUTSIDE_OF_RUN;
                  release?.();
                  release = null;
                  host.yieldToHost(step);
                });
                return;
              }
            }
            if (this.#dirty) return host.hop(step);
          }
        } catch (error) {
          this.fail(error, this.current ?? (error instanceof ApplicationError ? this.#lastOwner : null));
        }
        this.current = null;
        this.#pulse[PULSE_OWNER] = OUTSIDE_OF_RUN;
        release?.();
        release = null;
        if (this.#failure !== null) reject(this.#failure);
        else resolve();
      };
      host.hop(step);
    });
  }

  /** Whose event was handled last: whatever promises do before the next event, they do for it. */
  get #lastOwner(): Incarnation | null {
    return this.#recentOwners[(this.handled + RECENT - 1) % RECENT] ?? null;
  }

  /**
   * Handles the next event and says true, or, if there is none up to a virtual time (µs), sets the clock to that time. By itself it drives
   * a world without promises by hand; what the event throws is then thrown to the caller.
   */
  step(until: Micros): boolean {
    const queue = this.#queue;
    const time = queue.nextTime();
    if (time > until || time === Number.POSITIVE_INFINITY) {
      if (until !== Number.POSITIVE_INFINITY) this.now = until;
      return false;
    }
    this.#dirty = false;
    queue.pop();
    if (time !== this.now) {
      this.now = time;
      this.#instantEvents = 0;
    } else if (++this.#instantEvents > this.#limits.maxEventsPerInstant) {
      throw this.#watchdog(`${this.#limits.maxEventsPerInstant} events without progress in virtual time`);
    }
    const owner = queue.owner;
    const target = queue.target as EventTarget;
    if (this.causes !== null) this.#cause = this.causes.queuedBy(queue.slot);
    if (owner !== null) {
      this.#deliver(owner, target, queue.arg);
      return true;
    }
    this.#note(null, target);
    target.fire(queue.arg);
    return true;
  }

  #handle(owner: Incarnation, target: EventTarget, arg: number): void {
    const process = owner.process;
    this.#note(owner, target);
    this.current = owner;
    this.#pulse[PULSE_OWNER] = process.id;
    owner.cost = process.service.eventUs;
    try {
      target.fire(arg);
    } catch (error) {
      // A process that ended itself in this event would not have come so far.
      if (owner.alive) throw error;
    }
    this.current = null;
    if (process.async) this.#dirty = true;
    owner.busyUntil = this.now + process.scaled(owner.cost);
  }

  #enqueue(owner: Incarnation, target: EventTarget, arg: number): void {
    owner.inbox.push(target, arg);
    this.causes?.waits(owner, this.#cause);
    if (!owner.paused) this.wakeLater(owner);
  }

  #note(owner: Incarnation | null, target: EventTarget): void {
    const at = this.handled++ % RECENT;
    this.#recentTimes[at] = this.now;
    this.#recentKinds[at] = target.kind;
    this.#recentOwners[at] = owner;
    this.causes?.happened(this.handled, target.kind, this.#cause, owner?.process.id ?? 0, this.now);
    this.#trace.event(this.now, owner === null ? 0 : owner.id, target.kind, owner, EVENT_KINDS);
  }

  #watchdog(message: string): WatchdogError {
    return new WatchdogError(message, (this.current ?? this.#lastOwner)?.process.name ?? null, this.now, this.recentEvents());
  }

  #ofHost(error: unknown): unknown {
    return error instanceof StallError ? this.#watchdog(error.message) : blamed(error);
  }

  /** The last events, oldest first: `12.000345 s p1#0 timer`. */
  recentEvents(): string[] {
    const events: string[] = [];
    for (let i = Math.max(0, this.handled - RECENT); i < this.handled; i++) {
      const at = i % RECENT;
      const time = ((this.#recentTimes[at] as number) / 1e6).toFixed(6);
      events.push(`${time} s ${this.#recentOwners[at]?.label ?? 'world'} ${EVENT_KINDS[this.#recentKinds[at] as number] ?? '?'}`);
    }
    return events;
  }
}
