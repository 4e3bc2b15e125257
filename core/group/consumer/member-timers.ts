/**
 * The times a member of a consumer group may run out of: until it is heard of again, and until it has given up what it was told to; by the classic
 * protocol until it joins again, and until it asks what it has.
 */
import type { Clock, Timer, Timers } from '../../../ports/time.ts';

export class MemberTimers {
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** Monotonic milliseconds. */
  lastHeartbeatMs: number;
  sessionTimeoutMs = 0;
  #sessionEndsMs = 0;
  #session: Timer | null = null;
  #rebalance: Timer | null = null;
  #join: Timer | null = null;
  #sync: Timer | null = null;

  constructor({ clock, timers }: { readonly clock: Clock; readonly timers: Timers }) {
    this.#clock = clock;
    this.#timers = timers;
    this.lastHeartbeatMs = clock.monotonicMs();
  }

  /** It is heard of; `expired` is called when it was not for so long. */
  extendSession(timeoutMs: number, expired: () => void): void {
    this.lastHeartbeatMs = this.#clock.monotonicMs();
    this.sessionTimeoutMs = timeoutMs;
    const wasArmedFor = this.#sessionEndsMs;
    this.#sessionEndsMs = this.lastHeartbeatMs + timeoutMs;
    // A timer that comes early is armed again, so that a heartbeat costs none.
    if (this.#session !== null && wasArmedFor <= this.#sessionEndsMs) return;
    this.#arm(timeoutMs, expired);
  }

  /** It was not put out, for what reason ever: `expired` is called once more after so long, unless it is, or was, heard of since. */
  tryAgain(delayMs: number, expired: () => void): void {
    if (this.#session !== null) return;
    this.#sessionEndsMs = this.#clock.monotonicMs() + delayMs;
    this.#arm(delayMs, expired);
  }

  #arm(delayMs: number, expired: () => void): void {
    this.#session?.cancel();
    this.#session = this.#timers.after(delayMs, () => {
      this.#session = null;
      const leftMs = this.#sessionEndsMs - this.#clock.monotonicMs();
      if (leftMs > 0) this.#arm(leftMs, expired);
      else expired();
    });
  }

  startRebalance(timeoutMs: number, expired: () => void): void {
    this.endRebalance();
    this.#rebalance = this.#timers.after(timeoutMs, () => {
      this.#rebalance = null;
      expired();
    });
  }

  endRebalance(): void {
    this.#rebalance?.cancel();
    this.#rebalance = null;
  }

  /** It is told to join again, for the first time or not. */
  startJoin(timeoutMs: number, expired: () => void): void {
    this.#join ??= this.#timers.after(timeoutMs, expired);
  }

  endJoin(): void {
    this.#join?.cancel();
    this.#join = null;
  }

  startSync(timeoutMs: number, expired: () => void): void {
    this.endSync();
    this.#sync = this.#timers.after(timeoutMs, expired);
  }

  endSync(): void {
    this.#sync?.cancel();
    this.#sync = null;
  }

  stop(): void {
    this.#session?.cancel();
    this.#session = null;
    this.endRebalance();
    this.endJoin();
    this.endSync();
  }
}
