/**
 * In which state a transactional producer is (Kafka's TransactionManager.State):
 *
 *     uninitialized -> initializing -> ready -> in-transaction -> committing | aborting -> ready
 *
 * or back to initializing, if the epoch must be raised before the next transaction. After an abortable error only an abort helps,
 * after a fatal one nothing does.
 */
import type { ProducerTransactionState } from '../../trace/client-events.ts';
import type { ClientEnvironment } from '../../environment.ts';
import { illegalState } from '../errors.ts';
import type { KafkaError } from '../errors.ts';
import type { ProducerIdAndEpoch } from './partition-sequence.ts';

/** From which states each is entered. */
const SOURCES: Readonly<Record<ProducerTransactionState, ReadonlySet<ProducerTransactionState> | 'any'>> = {
  uninitialized: new Set(['ready', 'abortable-error']),
  initializing: new Set(['uninitialized', 'committing', 'aborting']),
  ready: new Set(['initializing', 'committing', 'aborting']),
  'in-transaction': new Set(['ready']),
  committing: new Set(['in-transaction']),
  aborting: new Set(['in-transaction', 'abortable-error']),
  'abortable-error': new Set(['in-transaction', 'committing', 'abortable-error', 'initializing']),
  'fatal-error': 'any',
};

export class TransactionState {
  readonly #env: ClientEnvironment;
  readonly #transactionalId: string;
  readonly #identity: () => ProducerIdAndEpoch;
  #current: ProducerTransactionState = 'uninitialized';
  #error: KafkaError | null = null;

  constructor(env: ClientEnvironment, transactionalId: string, identity: () => ProducerIdAndEpoch) {
    this.#env = env;
    this.#transactionalId = transactionalId;
    this.#identity = identity;
  }

  get current(): ProducerTransactionState {
    return this.#current;
  }

  /** What made the state an error; null in other states. */
  get error(): KafkaError | null {
    return this.#error;
  }

  get isFatal(): boolean {
    return this.#current === 'fatal-error';
  }

  get isAbortable(): boolean {
    return this.#current === 'abortable-error';
  }

  get isAborting(): boolean {
    return this.#current === 'aborting';
  }

  get isCompleting(): boolean {
    return this.#current === 'committing' || this.#current === 'aborting';
  }

  /** Has a transaction begun, and not ended? */
  get isOngoing(): boolean {
    return this.#current === 'in-transaction' || this.isCompleting || this.isAbortable;
  }

  canBecome(target: ProducerTransactionState): boolean {
    const sources = SOURCES[target];
    return sources === 'any' || sources.has(this.#current);
  }

  /** What the application asked for does not fit the state: it hears so, and nothing changes. */
  become(target: ProducerTransactionState): void {
    if (!this.canBecome(target))
      throw illegalState(`transactional id ${this.#transactionalId}: the producer cannot go from ${this.#current} to ${target}`);
    this.#enter(target, null);
  }

  /** What an answer brought does not fit the state: nobody knows any more where the producer stands, so it ends. */
  becomeByAnswer(target: ProducerTransactionState, error: KafkaError | null = null): void {
    if (this.canBecome(target)) this.#enter(target, error);
    else {
      const lost = illegalState(`transactional id ${this.#transactionalId}: an answer led from ${this.#current} to ${target}`);
      this.#enter('fatal-error', lost);
    }
  }

  #enter(to: ProducerTransactionState, error: KafkaError | null): void {
    const from = this.#current;
    this.#current = to;
    this.#error = error;
    const told = { transactionalId: this.#transactionalId, ...this.#identity(), from, to };
    this.#env.tracer.emit({
      type: 'producer-transaction',
      ...told,
      ...(error === null ? {} : { error: error.errorName }),
    });
  }
}
