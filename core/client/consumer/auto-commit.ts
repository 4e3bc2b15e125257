/** Commits positions without being asked (enable.auto.commit): at intervals while the application polls, and before they are lost. */
import type { ClientEnvironment } from '../../environment.ts';
import type { Session } from '../session.ts';
import type { CommittedOffsets } from './committed-offsets.ts';
import type { SubscriptionState } from './subscription-state.ts';

export interface AutoCommitOptions {
  readonly enabled: boolean;
  readonly intervalMs: number;
}

export class AutoCommit {
  readonly #env: ClientEnvironment;
  readonly #session: Session;
  readonly #subscriptions: SubscriptionState;
  readonly #offsets: CommittedOffsets;
  readonly #options: AutoCommitOptions;
  #nextMs: number;
  /** Positions are about to be lost, and are being committed before: nothing else is committed meanwhile. */
  #isLeaving = false;

  constructor(session: Session, subscriptions: SubscriptionState, offsets: CommittedOffsets, options: AutoCommitOptions) {
    this.#env = session.env;
    this.#session = session;
    this.#subscriptions = subscriptions;
    this.#offsets = offsets;
    this.#options = options;
    this.#nextMs = this.#env.clock.monotonicMs() + options.intervalMs;
  }

  /** The application is done with what it was given: commits in one attempt if the interval is over. */
  polled(): void {
    const now = this.#env.clock.monotonicMs();
    if (!this.#options.enabled || this.#isLeaving || now < this.#nextMs) return;
    if (this.#env.random.sometimes('client/consumer/late-auto-commit')) return;
    this.#nextMs = now + this.#options.intervalMs;
    const offsets = this.#subscriptions.consumed();
    if (offsets.length === 0) return;
    this.#offsets.commitAsync(offsets, (error) => {
      if (error?.retriable === true) this.#nextMs = this.#env.clock.monotonicMs() + this.#session.backoff.delayMs(1);
    });
  }

  /** A new assignment: the interval begins anew. */
  restart(): void {
    this.#nextMs = this.#env.clock.monotonicMs() + this.#options.intervalMs;
  }

  /**
   * Commits, trying for up to `timeoutMs`, and goes on in any case. Each attempt commits the positions of its own time: by the cooperative protocol
   * the application reads on all the while (ConsumerCoordinator.onJoinPrepare, 4.3.1).
   */
  before(timeoutMs: number, next: () => void): void {
    const deadlineMs = this.#env.clock.monotonicMs() + timeoutMs;
    let failures = 0;
    const attempt = (): void => {
      const offsets = this.#subscriptions.consumed();
      this.#isLeaving = this.#options.enabled && offsets.length > 0;
      if (!this.#isLeaving) {
        next();
        return;
      }
      this.#offsets.commitAsync(offsets, (error) => {
        const leftMs = deadlineMs - this.#env.clock.monotonicMs();
        if (error?.retriable === true && leftMs > 0) {
          this.#env.timers.after(Math.min(leftMs, this.#session.backoff.delayMs(++failures)), attempt);
          return;
        }
        this.#isLeaving = false;
        next();
      });
    };
    attempt();
  }
}
