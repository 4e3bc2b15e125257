/**
 * What goes on during a poll: on every change, and at the latest when the next thing is due, it takes the steps of joining the
 * group, finds positions, collects records, sends fetches, and settles the poll if it can. One poll at a time. Between polls
 * it only fetches.
 */
import type { ClientEnvironment } from '../../environment.ts';
import type { Timer } from '../../../ports/time.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { deferred } from '../deferred.ts';
import type { Deferred } from '../deferred.ts';
import { illegalState, KafkaError } from '../errors.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { Fetcher, ReturnedRecord } from './fetcher.ts';
import type { Positions } from './positions.ts';
import type { SubscriptionState } from './subscription-state.ts';

interface PendingPoll<R> {
  readonly end: Deferred<R[]>;
  readonly deadlineMs: number;
}

export interface PollLoopParts<R> {
  readonly subscriptions: SubscriptionState;
  readonly fetcher: Fetcher;
  readonly positions: Positions;
  /** null: the consumer has no group. */
  readonly group: ConsumerGroup | null;
  /** The longest wait for a change before everything is looked at again. */
  readonly tickMs: number;
  /** An error that a part of the consumer has for the application, or null. */
  readonly takeError: () => unknown;
  readonly deserialize: (record: ReturnedRecord) => R;
}

export class PollLoop<R> {
  readonly #env: ClientEnvironment;
  readonly #parts: PollLoopParts<R>;
  #poll: PendingPoll<R> | null = null;
  #timer: Timer | null = null;
  #driving = false;
  #wakeup = false;
  #stopped = false;
  #error: unknown = null;

  constructor(env: ClientEnvironment, parts: PollLoopParts<R>) {
    this.#env = env;
    this.#parts = parts;
  }

  /** Begins a poll that ends with the first records, an error, or after `timeoutMs` with none. */
  poll(timeoutMs: number): Promise<R[]> {
    if (this.#poll !== null) throw illegalState('another poll is under way');
    if (this.#parts.subscriptions.subscription.kind === 'none') throw illegalState('neither subscribed nor assigned');
    const end = deferred<R[]>();
    this.#poll = { end, deadlineMs: this.#env.clock.monotonicMs() + timeoutMs };
    this.#parts.group?.polled();
    this.drive();
    return end.promise;
  }

  /** Makes the poll that is under way, or the next one, fail with WAKEUP. */
  wakeup(): void {
    this.#wakeup = true;
    this.drive();
  }

  /** The poll that is under way, or the next one, is to fail with this error; of several the last. */
  fail(error: unknown): void {
    this.#error = error;
  }

  /** Nothing is done any more; the poll under way is rejected. */
  stop(error: KafkaError): void {
    this.#stopped = true;
    this.#poll?.end.reject(error);
    this.#poll = null;
  }

  close(): void {
    this.#timer?.cancel();
  }

  /** Does what is due and settles the poll under way if it can. Called on every change. */
  drive(): void {
    if (this.#driving || this.#stopped) return;
    this.#driving = true;
    try {
      this.#step();
    } finally {
      this.#driving = false;
    }
  }

  #step(): void {
    const { subscriptions, fetcher, positions, group } = this.#parts;
    const poll = this.#poll;
    if (poll === null) {
      fetcher.sendFetches();
      return;
    }
    const error = this.#takeError();
    if (error !== null) {
      this.#poll = null;
      poll.end.reject(error);
      return;
    }
    let waitMs = 0;
    if (subscriptions.isGroupSubscription && group?.mayJoin === true) waitMs = group.membership.advance();
    positions.update();
    let returned: ReturnedRecord[];
    try {
      returned = fetcher.collect();
    } catch (failure) {
      this.#poll = null;
      poll.end.reject(failure);
      return;
    }
    fetcher.sendFetches();
    const leftMs = poll.deadlineMs - this.#env.clock.monotonicMs();
    if (returned.length > 0 || leftMs <= 0) {
      this.#poll = null;
      this.#timer?.cancel();
      this.#timer = null;
      this.#resolve(poll, returned);
      return;
    }
    this.#timer?.cancel();
    const tickMs = Math.min(leftMs, waitMs > 0 ? waitMs : Number.POSITIVE_INFINITY, this.#parts.tickMs);
    this.#timer = this.#env.timers.after(Math.ceil(tickMs), () => this.drive());
  }

  #resolve(poll: PendingPoll<R>, returned: readonly ReturnedRecord[]): void {
    try {
      poll.end.resolve(returned.map(this.#parts.deserialize));
    } catch (cause) {
      poll.end.reject(new KafkaError(ErrorCode.INVALID_RECORD, 'a record could not be deserialized', { cause }));
    }
  }

  #takeError(): unknown {
    if (this.#wakeup) {
      this.#wakeup = false;
      return new KafkaError(-1, 'woken up', { errorName: 'WAKEUP' });
    }
    const error = this.#error;
    this.#error = null;
    return error ?? this.#parts.takeError();
  }
}
