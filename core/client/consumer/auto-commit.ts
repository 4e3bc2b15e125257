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
    if (!this.#options.enabled || now < this.#nextMs) return;
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

  /** Commits, trying for up to `timeoutMs`, and goes on in any case. */
  before(timeoutMs: number, next: () => void): void {
    const offsets = this.#subscriptions.consumed();
    if (!this.#options.enabled || offsets.length === 0) next();
    else this.#offsets.commit(offsets, timeoutMs, () => next());
  }
}
