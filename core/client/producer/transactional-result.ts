/** The end of one transactional call, which may be awaited several times, each for as long as max.block.ms. */
import type { ClientEnvironment } from '../../environment.ts';
import { deferred } from '../deferred.ts';
import { type KafkaError, timeoutError } from '../errors.ts';

interface Waiter {
  readonly settle: (error: KafkaError | null) => void;
}

export class TransactionalResult {
  readonly operation: string;
  #outcome: { readonly error: KafkaError | null } | null = null;
  readonly #waiters = new Set<Waiter>();
  #isHeard = false;

  constructor(operation: string) {
    this.operation = operation;
  }

  get isCompleted(): boolean {
    return this.#outcome !== null;
  }

  /** The application has heard how it ended. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  done(): void {
    this.#complete(null);
  }

  fail(error: KafkaError): void {
    this.#complete(error);
  }

  /** Settles with the call, or is rejected after `timeoutMs` while it goes on. */
  wait(env: ClientEnvironment, timeoutMs: number): Promise<void> {
    const end = deferred<void>();
    const settle = (error: KafkaError | null) => {
      this.#isHeard = true;
      if (error === null) end.resolve();
      else end.reject(error);
    };
    if (this.#outcome !== null) {
      settle(this.#outcome.error);
      return end.promise;
    }
    const waiter: Waiter = {
      settle: (error) => {
        timer?.cancel();
        settle(error);
      },
    };
    const expire = () => {
      this.#waiters.delete(waiter);
      end.reject(timeoutError(`${this.operation} not done within ${timeoutMs} ms (max.block.ms)`));
    };
    const timer = timeoutMs === Number.POSITIVE_INFINITY ? null : env.timers.after(timeoutMs, expire);
    this.#waiters.add(waiter);
    return end.promise;
  }

  /** Only the first end counts. */
  #complete(error: KafkaError | null): void {
    if (this.#outcome !== null) return;
    this.#outcome = { error };
    for (const waiter of this.#waiters) waiter.settle(error);
    this.#waiters.clear();
  }
}
