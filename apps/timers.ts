/**
 * Node's timers in a realm. Model:
 * - A delay that is no number from 1 to 2^31-1 is one of 1 ms, as in Node.
 * - Timers run in the order in which they are due, those that are due together in the order in which they were set. Each runs in an event
 *   of its own, so that promises and ticks settle between two of them.
 * - Immediates run one in an event, in their order, at the time at which they are asked for.
 * - A callback runs in the asynchronous context in which it was set.
 */
import { AsyncResource } from 'node:async_hooks';
import type { ClientEnvironment } from '../core/environment.ts';
import type { Timer } from '../ports/time.ts';

type Callback = (...args: never[]) => void;

const LONGEST_MS = 2 ** 31 - 1;
/**
 * Who asks for a negative delay is warned by Node and gets 1 ms. A timer may always be late, and one that does nothing but set itself again so is
 * later each time, up to this. kafkajs 2.2.4 has one in every connection that has ever had an answer (`scheduleCheckPendingRequests`, when
 * nothing is pending).
 */
const SPINNING_MS = 1_000;

/** What timers need of the realm that they are in. */
export interface TimersHost {
  readonly env: Pick<ClientEnvironment, 'clock' | 'timers'>;
  /** Calls this after the event; what it throws is the realm's. */
  run(callback: () => void): void;
  /** Something keeps the process alive, or (-1) does so no longer. */
  hold(count: 1 | -1): void;
}

/** Keeps the process alive while it is set, unless it is told not to. */
class Handle {
  readonly #host: TimersHost;
  isSet = false;
  #hasRef = true;

  constructor(host: TimersHost) {
    this.#host = host;
  }

  /** It begins, or ends, to wait. */
  protected wait(isSet: boolean): void {
    if (this.isSet === isSet) return;
    this.isSet = isSet;
    if (this.#hasRef) this.#host.hold(isSet ? 1 : -1);
  }

  ref(): this {
    if (this.isSet && !this.#hasRef) this.#host.hold(1);
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    if (this.isSet && this.#hasRef) this.#host.hold(-1);
    this.#hasRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#hasRef;
  }
}

/** What `setTimeout` and `setInterval` return. */
export class Timeout extends Handle {
  readonly #timers: RealmTimers;
  readonly #callback: Callback;
  readonly #args: readonly unknown[];
  readonly #context = new AsyncResource('application timer');
  readonly delayMs: number;
  readonly repeats: boolean;
  readonly id: number;
  /** How many timers with a negative delay have set the next one, up to this one. */
  readonly spins: number;
  dueMs = 0;
  /** Place among those that are due at the same time. */
  order = 0;

  constructor(timers: RealmTimers, id: number, callback: Callback, delay: unknown, args: readonly unknown[], repeats: boolean) {
    super(timers.host);
    if (typeof callback !== 'function') {
      throw Object.assign(new TypeError('The "callback" argument must be of type function.'), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    this.#timers = timers;
    this.id = id;
    this.#callback = callback;
    this.#args = args;
    const ms = Number(delay);
    this.spins = ms < 0 && !repeats ? timers.spins + 1 : 0;
    if (this.spins > 0) this.delayMs = Math.min(SPINNING_MS, 2 ** (this.spins - 1));
    else this.delayMs = ms >= 1 && ms <= LONGEST_MS ? Math.trunc(ms) : 1;
    this.repeats = repeats;
  }

  /** It is, or is no more, among those that wait. */
  listed(isListed: boolean): void {
    this.wait(isListed);
  }

  call(): void {
    this.#context.runInAsyncScope(this.#callback as (...args: unknown[]) => void, this, ...this.#args);
  }

  refresh(): this {
    this.#timers.remove(this);
    this.#timers.add(this);
    return this;
  }

  close(): this {
    this.#timers.remove(this);
    return this;
  }

  [Symbol.dispose](): void {
    this.#timers.remove(this);
  }

  [Symbol.toPrimitive](): number {
    this.#timers.known.set(this.id, this);
    return this.id;
  }
}

/** What `setImmediate` returns. */
export class Immediate extends Handle {
  readonly #context = new AsyncResource('application immediate');
  readonly #callback: Callback;
  readonly #args: readonly unknown[];

  constructor(timers: RealmTimers, callback: Callback, args: readonly unknown[]) {
    super(timers.host);
    this.#callback = callback;
    this.#args = args;
    this.wait(true);
  }

  call(): void {
    this.clear();
    this.#context.runInAsyncScope(this.#callback as (...args: unknown[]) => void, this, ...this.#args);
  }

  clear(): void {
    this.wait(false);
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

export class RealmTimers {
  readonly host: TimersHost;
  /** Timers whose number somebody has. */
  readonly known = new Map<number, Timeout>();
  /** Those that are set, the next one last. */
  readonly #set: Timeout[] = [];
  #next: { readonly dueMs: number; readonly timer: Timer } | null = null;
  /** Of the timer whose callback is running. */
  spins = 0;
  #ids = 0;
  #orders = 0;

  constructor(host: TimersHost) {
    this.host = host;
  }

  setTimeout(callback: Callback, delay: unknown, args: readonly unknown[], repeats = false): Timeout {
    const timeout = new Timeout(this, ++this.#ids, callback, delay, args, repeats);
    this.add(timeout);
    return timeout;
  }

  clear(which: unknown): void {
    const timeout = which instanceof Timeout ? which : this.known.get(Number(which));
    if (timeout !== undefined) this.remove(timeout);
  }

  setImmediate(callback: Callback, args: readonly unknown[]): Immediate {
    const immediate = new Immediate(this, callback, args);
    this.#immediates.push(immediate);
    this.host.env.timers.after(0, () => this.host.run(() => this.#runImmediate()));
    return immediate;
  }

  readonly #immediates: Immediate[] = [];

  /** Events that are due together race with each other: what each of them runs is the first that waits. */
  #runImmediate(): void {
    const immediate = this.#immediates.shift();
    if (immediate?.isSet === true) immediate.call();
  }

  add(timeout: Timeout): void {
    timeout.dueMs = this.host.env.clock.monotonicMs() + timeout.delayMs;
    timeout.order = ++this.#orders;
    timeout.listed(true);
    this.#set.splice(this.#placeOf(timeout), 0, timeout);
    this.#arm();
  }

  remove(timeout: Timeout): void {
    this.known.delete(timeout.id);
    if (!timeout.isSet) return;
    timeout.listed(false);
    this.#set.splice(this.#placeOf(timeout), 1);
    this.#arm();
  }

  /** Where it is, or has to be, in the list. */
  #placeOf({ dueMs, order }: Timeout): number {
    let low = 0;
    let high = this.#set.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#set[middle] as Timeout;
      if (other.dueMs > dueMs || (other.dueMs === dueMs && other.order > order)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #arm(): void {
    const dueMs = this.#set.at(-1)?.dueMs ?? Number.POSITIVE_INFINITY;
    if (this.#next?.dueMs === dueMs) return;
    this.#next?.timer.cancel();
    this.#next = null;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const { clock, timers } = this.host.env;
    const timer = timers.after(Math.max(0, dueMs - clock.monotonicMs()), () => this.host.run(() => this.#fire()));
    this.#next = { dueMs, timer };
  }

  #fire(): void {
    this.#next = null;
    const timeout = this.#set.at(-1);
    if (timeout === undefined) return;
    if (timeout.dueMs <= this.host.env.clock.monotonicMs()) {
      this.#set.pop();
      timeout.listed(false);
      // Set again at its place before it is called, as it may clear itself.
      if (timeout.repeats) this.add(timeout);
      else this.known.delete(timeout.id);
      this.#arm();
      this.spins = timeout.spins;
      try {
        timeout.call();
      } finally {
        this.spins = 0;
      }
    } else this.#arm();
  }
}
