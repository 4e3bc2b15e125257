/** A scripted transaction coordinator: short words for its events, of transactional id `t` on partition 0 of `__transaction_state`. */
import type { TraceEventOf } from '../../core/trace.ts';
import type { FakeContext } from './fake-context.ts';
import { registered } from './registration.ts';

type Transition = TraceEventOf<'transaction-transition'>;
type Summary = TraceEventOf<'transaction-coordinator-loaded'>['transactions'][number];
type Answered = TraceEventOf<'transaction-request-answered'>;

export const PRODUCER = 7;

export class ScriptedCoordinator {
  readonly #context: FakeContext;
  readonly #version: number;
  #offset = 0;
  #leader = 1;
  #leaderEpoch = 0;
  #id: Summary = {
    transactionalId: 't',
    state: 'Empty',
    producerId: PRODUCER,
    producerEpoch: -1,
    partitions: [],
    timeoutMs: 1_000,
  };

  constructor(context: FakeContext, version = 2) {
    this.#context = context;
    this.#version = version;
    this.#lead();
    const type = 'transaction-coordinator-loaded';
    context.emit(1, { type, statePartition: 0, leaderEpoch: 0, transactions: [] });
  }

  /** The id as it was committed last. */
  get id(): Summary {
    return this.#id;
  }

  /** A transition begins, and is committed. */
  goes(to: Transition['to'], reason: Transition['reason'], change: Partial<Transition> = {}): this {
    return this.begins(to, reason, change).commits(to, reason, change);
  }

  begins(to: Transition['to'], reason: Transition['reason'], change: Partial<Transition> = {}): this {
    this.#context.emit(this.#leader, {
      ...this.#transition(to, reason, change),
      type: 'transaction-transition-begun',
      logOffset: -1,
    });
    return this;
  }

  commits(to: Transition['to'], reason: Transition['reason'], change: Partial<Transition> = {}): this {
    const event: Transition = {
      ...this.#transition(to, reason, change),
      type: 'transaction-transition',
      logOffset: this.#offset++,
    };
    this.#id = { ...this.#id, state: to, ...pick(event) };
    this.#context.emit(this.#leader, event);
    return this;
  }

  /** InitProducerId, in the next epoch. */
  inits(): this {
    this.goes('Empty', 'init-producer-id', { producerEpoch: this.#id.producerEpoch + 1, partitions: [] });
    return this.answers('InitProducerId');
  }

  adds(...partitions: readonly string[]): this {
    return this.goes('Ongoing', 'add-partitions', { partitions: [...this.#id.partitions, ...partitions] });
  }

  /** The decision, in the next epoch if the version has it so. */
  decides(commit: boolean, change: Partial<Transition> = {}): this {
    const producerEpoch = this.#id.producerEpoch + (this.#version >= 2 ? 1 : 0);
    return this.goes(commit ? 'PrepareCommit' : 'PrepareAbort', 'end-transaction', { producerEpoch, ...change });
  }

  sendsMarkers(commit: boolean, partitions = this.#id.partitions, coordinatorEpoch = this.#leaderEpoch): this {
    this.#context.emit(this.#leader, {
      ...this.#markers(commit, partitions, coordinatorEpoch),
      type: 'transaction-markers-sent',
    });
    return this;
  }

  /** Error 0 by those partitions. */
  hasMarkers(commit: boolean, partitions = this.#id.partitions): this {
    const errors = partitions.map(() => 0);
    this.#context.emit(this.#leader, {
      ...this.#markers(commit, partitions, this.#leaderEpoch),
      type: 'transaction-markers-answered',
      errors,
    });
    return this;
  }

  completes(commit: boolean): this {
    return this.goes(commit ? 'CompleteCommit' : 'CompleteAbort', 'markers-written', { partitions: [] });
  }

  /** Another broker has become the coordinator, and loaded this. */
  movesTo(node: number, loaded: readonly Summary[] = [this.#id]): this {
    this.#leader = node;
    this.#leaderEpoch += 1;
    this.#lead();
    const type = 'transaction-coordinator-loaded';
    this.#context.emit(node, { type, statePartition: 0, leaderEpoch: this.#leaderEpoch, transactions: loaded });
    return this;
  }

  /** A request was accepted. */
  answers(api: Answered['api'], asked: Partial<Answered> = {}): this {
    const { producerId, producerEpoch, state } = this.#id;
    this.#context.emit(this.#leader, {
      type: 'transaction-request-answered',
      api,
      transactionalId: 't',
      producerId,
      producerEpoch,
      error: 0,
      ownProducerId: producerId,
      ownProducerEpoch: producerEpoch,
      state,
      partitions: [],
      isVerification: false,
      commit: null,
      transactionVersion: this.#version,
      ...asked,
    });
    return this;
  }

  #lead(): void {
    const state = { leader: this.#leader, leaderEpoch: this.#leaderEpoch, partitionEpoch: this.#leaderEpoch };
    this.#context.durability.onPartition(registered('__transaction_state', 0, state));
  }

  #transition(
    to: Transition['to'],
    reason: Transition['reason'],
    change: Partial<Transition>,
  ): Omit<Transition, 'type' | 'logOffset'> {
    const { state, producerId, producerEpoch, partitions, timeoutMs } = this.#id;
    return {
      statePartition: 0,
      leaderEpoch: this.#leaderEpoch,
      transactionalId: 't',
      producerId,
      producerEpoch,
      nextProducerId: -1,
      from: state,
      to,
      partitions,
      timeoutMs,
      transactionVersion: this.#version,
      reason,
      ...change,
    };
  }

  #markers(commit: boolean, partitions: readonly string[], coordinatorEpoch: number) {
    const { producerId, producerEpoch } = this.#id;
    return { transactionalId: 't', producerId, producerEpoch, coordinatorEpoch, commit, brokerId: 1, partitions };
  }
}

function pick({ producerId, producerEpoch, partitions }: Transition) {
  return { producerId, producerEpoch, partitions };
}
