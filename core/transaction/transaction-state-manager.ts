/** Transitions of transactional ids, each a record: told when they begin, made when the record is committed. */
import type { ClientEnvironment } from '../environment.ts';
import { type Answered, nothing } from '../coordinator/coordinator-shard.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { Offset } from '../protocol/numbers.ts';
import type { TransitionReason } from '../trace/transaction-events.ts';
import { transactionRecord, transactionTombstone } from './records.ts';
import type { Transaction, TransactionMetadata } from './transaction-metadata.ts';
import type { TransactionState } from './transaction-state.ts';
import type { TransactionShard } from './transactions.ts';

/** A prepared transition that is to be written. */
export interface Transition {
  readonly shard: TransactionShard;
  readonly metadata: TransactionMetadata;
  readonly next: Transaction;
  readonly reason: TransitionReason;
}

/** What follows once the fate of the record is known, and what whoever asked is told, which may be before that. */
export interface Outcome {
  readonly settled?: (error: number) => void;
  readonly answered?: Answered;
}

export class TransactionStateManager {
  readonly #env: ClientEnvironment;
  readonly #transactionVersion: () => number;

  constructor(env: ClientEnvironment, transactionVersion: () => number) {
    this.#env = env;
    this.#transactionVersion = transactionVersion;
  }

  /**
   * Writes the record of a prepared transition. Until its fate is known the transition is pending, also beyond the time after which
   * whoever asked is told COORDINATOR_NOT_AVAILABLE: what is in memory is never behind what the log may hold.
   */
  append(transition: Transition, { settled = nothing, answered = nothing }: Outcome): void {
    const { shard, metadata, next } = transition;
    const from = metadata.current.state;
    const record = transactionRecord(metadata.transactionalId, next, this.#transactionVersion(), this.#env.clock.wallMs());
    this.tellBegun(transition);
    const write = (error: number, logOffset: Offset): void => {
      if (error === ErrorCode.NONE) metadata.completeTransition(next);
      else metadata.abandonTransition();
      this.#tellEnded(transition, from, error, logOffset);
      settled(error);
    };
    shard.write([record], write, answered, next.timeoutMs);
  }

  /** Writes the tombstones of ids that expire, all of one shard, in one batch. */
  appendTombstones(expired: readonly Transition[]): void {
    const [first] = expired;
    if (first === undefined) return;
    const { shard } = first;
    const nowMs = this.#env.clock.wallMs();
    const states = expired.map(({ metadata }) => metadata.current.state);
    for (const transition of expired) this.tellBegun(transition);
    const settled = (error: number, baseOffset: Offset): void => {
      expired.forEach((transition, index) => {
        const { metadata } = transition;
        metadata.abandonTransition();
        if (error === ErrorCode.NONE) shard.state.delete(metadata.transactionalId);
        this.#tellEnded(transition, states[index] as TransactionState, error, baseOffset + index);
      });
    };
    const tombstones = expired.map(({ metadata }) => transactionTombstone(metadata.transactionalId, nowMs));
    shard.write(tombstones, settled, nothing);
  }

  /** A transition is under way. That to PrepareEpochFence has no record: the one after it has. */
  tellBegun(transition: Transition): void {
    const { state } = transition.metadata.current;
    this.#env.tracer.emit({ type: 'transaction-transition-begun', ...describe(transition, state), logOffset: -1 });
  }

  #tellEnded(transition: Transition, from: TransactionState, error: number, logOffset: number): void {
    const told = describe(transition, from);
    if (error === ErrorCode.NONE) this.#env.tracer.emit({ type: 'transaction-transition', ...told, logOffset });
    else this.#env.tracer.emit({ type: 'transaction-transition-failed', ...told, logOffset: -1, error });
  }
}

function describe({ shard, metadata, next, reason }: Transition, from: TransactionState) {
  return {
    statePartition: shard.partition,
    leaderEpoch: shard.leaderEpoch,
    transactionalId: metadata.transactionalId,
    producerId: next.producerId,
    producerEpoch: next.producerEpoch,
    nextProducerId: next.nextProducerId,
    from,
    to: next.state,
    partitions: [...next.partitions.keys()],
    timeoutMs: next.timeoutMs,
    transactionVersion: next.clientTransactionVersion,
    reason,
  };
}
