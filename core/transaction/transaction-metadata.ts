/**
 * What the coordinator knows of a transactional id: where it is, as its last record says, and where it is about to go. The functions
 * `prepare...` say what the next record is to be; it counts, and `completeTransition` makes it the present, when it is committed.
 */
import { invariant } from '../../ports/invariant.ts';
import type { Millis } from '../../ports/time.ts';
import type { TopicPartition, TopicPartitionKey } from '../protocol/partition.ts';
import { isIdle, isLegalTransition, type TransactionState } from './transaction-state.ts';

/** "None", of producer ids, their epochs, and times. */
export const NONE = -1;
const MAX_EPOCH = 32_767;
/** The level of `transaction.version` from which on each end of a transaction bumps the epoch (KIP-890). */
const EPOCH_BUMP_VERSION = 2;

/** A transaction as its record has it. Never changed: what comes next is another. */
export interface Transaction {
  readonly state: TransactionState;
  readonly producerId: number;
  /** That the id had before this record. */
  readonly previousProducerId: number;
  /** That it will have when the transaction is complete, since the epochs of the present one are used up; NONE otherwise. */
  readonly nextProducerId: number;
  readonly producerEpoch: number;
  /** That the producer had before, and may still ask with after a lost answer; in no record, so that a load forgets it. */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  /** That are in the transaction; while it is prepared, those that lack their marker. */
  readonly partitions: ReadonlyMap<TopicPartitionKey, TopicPartition>;
  /** Wall clock; NONE: no transaction has begun. */
  readonly startMs: Millis;
  readonly lastUpdateMs: Millis;
  /** The level of `transaction.version` that whoever moved it last speaks. */
  readonly clientTransactionVersion: number;
}

const NO_PARTITIONS: ReadonlyMap<TopicPartitionKey, TopicPartition> = new Map();

/** A transactional id that is seen for the first time: it has no epoch yet. */
export function newTransaction(producerId: number, timeoutMs: number, nowMs: Millis): Transaction {
  return {
    state: 'Empty',
    producerId,
    previousProducerId: NONE,
    nextProducerId: NONE,
    producerEpoch: NONE,
    lastProducerEpoch: NONE,
    timeoutMs,
    partitions: NO_PARTITIONS,
    startMs: NONE,
    lastUpdateMs: nowMs,
    clientTransactionVersion: 0,
  };
}

/** No producer uses the highest epoch, so that it can always be fenced with it. */
export function isEpochExhausted(producerEpoch: number): boolean {
  return producerEpoch >= MAX_EPOCH - 1;
}

export function bumpsEpoch(transactionVersion: number): boolean {
  return transactionVersion >= EPOCH_BUMP_VERSION;
}

export class TransactionMetadata {
  readonly transactionalId: string;
  #current: Transaction;
  #pendingState: TransactionState | null = null;
  /** Fencing bumped the epoch in memory, and the record of that was refused: fencing again bumps it no further. */
  hasFailedEpochFence = false;

  constructor(transactionalId: string, current: Transaction) {
    this.transactionalId = transactionalId;
    this.#current = current;
  }

  get current(): Transaction {
    return this.#current;
  }

  /** Where it is about to go; null: nowhere. Whoever asks for anything else meanwhile has to come back. */
  get pendingState(): TransactionState | null {
    return this.#pendingState;
  }

  /** The transition is not made. */
  abandonTransition(): void {
    this.#pendingState = null;
  }

  // --- InitProducerId ---

  /**
   * A producer begins, or goes on with, this id in the next epoch. `expectedEpoch`: the one that it has (KIP-360); null: it has none.
   * Returns null if that is another's: the producer is fenced.
   */
  prepareIncrementProducerEpoch(timeoutMs: number, expectedEpoch: number | null, nowMs: Millis): Transaction | null {
    const { producerEpoch, lastProducerEpoch } = this.#current;
    invariant(!isEpochExhausted(producerEpoch), () => `${this.transactionalId} has no epoch after ${producerEpoch}`);
    let epochs: { readonly producerEpoch: number; readonly lastProducerEpoch: number };
    if (expectedEpoch === null) epochs = { producerEpoch: producerEpoch + 1, lastProducerEpoch: NONE };
    else if (producerEpoch === NONE || expectedEpoch === producerEpoch) {
      epochs = { producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch };
    } else if (expectedEpoch === lastProducerEpoch) {
      // The answer to the same request was lost. A new producer would have made the last epoch NONE.
      epochs = { producerEpoch, lastProducerEpoch };
    } else return null;
    return this.#prepare('Empty', { ...epochs, ...this.#begun(timeoutMs, nowMs) });
  }

  /** As `prepareIncrementProducerEpoch`, when the epochs of the producer id are used up. */
  prepareProducerIdRotation(producerId: number, timeoutMs: number, nowMs: Millis, keepsLastEpoch: boolean): Transaction {
    invariant(isIdle(this.#current.state), () => `${this.transactionalId} gets another producer id in ${this.#current.state}`);
    const lastProducerEpoch = keepsLastEpoch ? this.#current.producerEpoch : NONE;
    return this.#prepare('Empty', { producerId, producerEpoch: 0, lastProducerEpoch, ...this.#begun(timeoutMs, nowMs) });
  }

  #begun(timeoutMs: number, lastUpdateMs: Millis) {
    return { timeoutMs, partitions: NO_PARTITIONS, startMs: NONE, lastUpdateMs };
  }

  /** The producer of the open transaction gets no further. No record says so: what follows is its end, by the epoch that this returns. */
  prepareFenceProducerEpoch(): Transaction {
    const { producerEpoch } = this.#current;
    const isKept = this.hasFailedEpochFence || producerEpoch === MAX_EPOCH;
    return this.#prepare('PrepareEpochFence', { producerEpoch: isKept ? producerEpoch : producerEpoch + 1 });
  }

  /** With transaction.version 0 and 1 the fencing epoch holds from now on, whatever becomes of the record. */
  fence(producerEpoch: number): void {
    this.#current = { ...this.#current, producerEpoch, lastProducerEpoch: NONE };
  }

  // --- AddPartitionsToTxn, AddOffsetsToTxn ---

  prepareAddPartitions(
    added: ReadonlyMap<TopicPartitionKey, TopicPartition>,
    clientTransactionVersion: number,
    nowMs: Millis,
  ): Transaction {
    const { state, partitions, startMs } = this.#current;
    return this.#prepare('Ongoing', {
      partitions: new Map([...partitions, ...added]),
      startMs: isIdle(state) ? nowMs : startMs,
      lastUpdateMs: nowMs,
      clientTransactionVersion,
    });
  }

  // --- EndTxn ---

  /** The transaction is decided. `nextProducerId`: that the producer goes on with; NONE: with the same. */
  prepareEnd(
    state: 'PrepareCommit' | 'PrepareAbort',
    clientTransactionVersion: number,
    nextProducerId: number,
    nowMs: Millis,
  ): Transaction {
    const { producerEpoch, lastProducerEpoch, startMs } = this.#current;
    const isBumped = bumpsEpoch(clientTransactionVersion);
    // Nothing was begun, and yet a time when it began is wanted.
    const isNothing = isIdle(this.#current.state);
    return this.#prepare(state, {
      // An epoch beyond all that are given out is of no producer; the abort goes through with it.
      producerEpoch: isBumped ? Math.min(producerEpoch + 1, MAX_EPOCH) : producerEpoch,
      lastProducerEpoch: isBumped ? producerEpoch : lastProducerEpoch,
      startMs: isNothing ? nowMs : startMs,
      nextProducerId,
      lastUpdateMs: nowMs,
      clientTransactionVersion,
    });
  }

  /** A partition has its marker, or is gone. */
  removePartition(key: TopicPartitionKey): void {
    const { state, partitions } = this.#current;
    invariant(
      state === 'PrepareCommit' || state === 'PrepareAbort',
      () => `${this.transactionalId}: a marker of ${key} is done in ${state}`,
    );
    const left = new Map(partitions);
    left.delete(key);
    this.#current = { ...this.#current, partitions: left };
  }

  /** All markers will be written. */
  prepareComplete(nowMs: Millis): Transaction {
    this.hasFailedEpochFence = false;
    const { state, producerId, producerEpoch, nextProducerId, clientTransactionVersion } = this.#current;
    const isRotated = bumpsEpoch(clientTransactionVersion) && nextProducerId !== NONE;
    return this.#prepare(state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort', {
      producerId: isRotated ? nextProducerId : producerId,
      producerEpoch: isRotated ? 0 : producerEpoch,
      nextProducerId: NONE,
      partitions: NO_PARTITIONS,
      lastUpdateMs: nowMs,
    });
  }

  // --- expiry ---

  prepareDead(): Transaction {
    return this.#prepare('Dead', { partitions: NO_PARTITIONS });
  }

  #prepare(state: TransactionState, changes: Partial<Transaction>): Transaction {
    const from = this.#current;
    invariant(
      this.#pendingState === null,
      () => `${this.transactionalId} is to become ${state} while it becomes ${this.#pendingState}`,
    );
    invariant(isLegalTransition(from.state, state), () => `${this.transactionalId} is to become ${state} from ${from.state}`);
    const next: Transaction = { ...from, ...changes, state, previousProducerId: from.producerId };
    invariant(next.producerId >= 0, () => `${this.transactionalId} would have the producer id ${next.producerId}`);
    invariant(
      state === 'Dead' || next.producerEpoch >= 0,
      () => `${this.transactionalId} would have epoch ${next.producerEpoch}`,
    );
    this.#pendingState = state;
    return next;
  }

  /** The record of a transition is committed. */
  completeTransition(next: Transaction): void {
    invariant(
      this.#pendingState === next.state,
      () => `${this.transactionalId} has become ${next.state} while it was to become ${this.#pendingState}`,
    );
    const problem = transitionProblem(this.#current, next);
    invariant(problem === null, () => `${this.transactionalId} became ${next.state} from ${this.#current.state}: ${problem}`);
    this.#pendingState = null;
    this.#current = next;
  }
}

/** Why a record may not follow another; null if it may. */
function transitionProblem(from: Transaction, to: Transaction): string | null {
  switch (to.state) {
    case 'Empty':
      if (to.producerEpoch !== from.producerEpoch && !isNextEpoch(from, to)) return `epoch ${to.producerEpoch} is not the next`;
      if (to.partitions.size > 0) return 'it has partitions';
      return to.startMs === NONE ? null : 'it has begun';
    case 'Ongoing':
      if (!isValidEpoch(from, to)) return `the epoch is ${to.producerEpoch}, and was ${from.producerEpoch}`;
      if (![...from.partitions.keys()].every((key) => to.partitions.has(key))) return 'a partition is lost';
      return to.timeoutMs === from.timeoutMs ? null : 'the time-out has changed';
    case 'PrepareCommit':
    case 'PrepareAbort':
      if (!isValidEpoch(from, to)) return `the epoch is ${to.producerEpoch}, and was ${from.producerEpoch}`;
      if (to.partitions !== from.partitions) return 'the partitions have changed';
      if (to.timeoutMs !== from.timeoutMs) return 'the time-out has changed';
      return to.startMs === from.startMs || isIdle(from.state) ? null : 'the start has changed';
    case 'CompleteCommit':
    case 'CompleteAbort':
      if (!isValidEpoch(from, to)) return `the epoch is ${to.producerEpoch}, and was ${from.producerEpoch}`;
      if (to.timeoutMs !== from.timeoutMs) return 'the time-out has changed';
      return to.startMs === NONE ? 'it has not begun' : null;
    case 'PrepareEpochFence':
    case 'Dead':
      return 'there is no record of that';
  }
}

function isNextEpoch(from: Transaction, to: Transaction): boolean {
  return to.producerEpoch === from.producerEpoch + 1 || (to.producerEpoch === 0 && to.producerId !== from.producerId);
}

/** The epoch goes on by one when a transaction ends (transaction.version 2), begins anew when its producer id is used up, and stays otherwise. */
function isValidEpoch(from: Transaction, to: Transaction): boolean {
  if (bumpsEpoch(to.clientTransactionVersion)) {
    const isComplete = to.state === 'CompleteCommit' || to.state === 'CompleteAbort';
    if (isComplete && to.producerEpoch === 0) {
      return to.lastProducerEpoch === from.lastProducerEpoch && to.previousProducerId === from.producerId;
    }
    if (to.state === 'PrepareCommit' || to.state === 'PrepareAbort') {
      return to.lastProducerEpoch === from.producerEpoch && to.producerId === from.producerId;
    }
  }
  return to.producerEpoch === from.producerEpoch && to.producerId === from.producerId;
}
