/**
 * The transactions of a run as their applications saw them, one entry each, shared by the checkers that judge them. What a commit or an
 * abort came to is known when it is answered; of the others the final reads tell (`settle`).
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import { CONSUMER_CONFIG, givenOrDefault } from '../../core/config/index.ts';
import type { PartitionOffset, Session } from '../../sim/history.ts';
import type { FinalRead } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { onOperations } from './operations.ts';

/** A send that is a part of a transaction. */
export interface TransactionalSend {
  readonly value: string;
  readonly transaction: Transaction;
  /** The value of the record that it was made of; null: of none. */
  readonly input: string | null;
  readonly topic: string;
  readonly invokedAt: number;
  /** `topic-partition`; null while it is not known. */
  partition: string | null;
  /** -1 while unknown. */
  offset: number;
  outcome: 'unknown' | 'ok' | 'failed';
}

export interface SentOffsets {
  readonly group: string;
  readonly offsets: readonly PartitionOffset[];
  readonly invokedAt: number;
  acknowledged: boolean;
}

export interface Transaction {
  /** The number of its operation. */
  readonly op: number;
  readonly transactionalId: string;
  readonly attempt: number;
  readonly session: Session;
  readonly begunAt: number;
  readonly sends: TransactionalSend[];
  readonly offsets: SentOffsets[];
  /** Steps; null: not asked for. */
  commitAskedAt: number | null;
  abortAskedAt: number | null;
  /** What its application was told. */
  outcome: 'unknown' | 'committed' | 'aborted';
  /** Of the answer that told it; null while there is none. */
  endedAt: number | null;
}

/** By whom a property of transactions is told what happens. */
export interface TransactionListener {
  sent?(send: TransactionalSend): void;
  offsetsSent?(transaction: Transaction, offsets: SentOffsets): void;
  /** Its application was told what became of it. */
  ended?(transaction: Transaction): void;
}

export class Transactions {
  readonly #byOp = new Map<number, Transaction>();
  readonly #byValue = new Map<string, TransactionalSend>();
  /** Values that were sent more than once: which transaction one of them is of can't be told. */
  readonly #repeated = new Set<string>();
  readonly #offsetsByOp = new Map<number, SentOffsets>();
  readonly #listeners: TransactionListener[] = [];

  constructor(context: CheckContext) {
    onOperations(context, ['invoke transaction'], ({ op, call: { transactionalId, attempt }, session, step }) => {
      this.#byOp.set(op, {
        op,
        transactionalId,
        attempt,
        session,
        begunAt: step,
        sends: [],
        offsets: [],
        commitAskedAt: null,
        abortAskedAt: null,
        outcome: 'unknown',
        endedAt: null,
      });
    });
    onOperations(context, ['invoke send'], ({ call, step }) => {
      const transaction = this.#byOp.get(call.transaction ?? -1);
      if (transaction === undefined || this.#isRepeated(call.value)) return;
      const send: TransactionalSend = {
        value: call.value,
        transaction,
        input: call.input ?? null,
        topic: call.topic,
        invokedAt: step,
        partition: call.partition === null ? null : topicPartitionKey(call.topic, call.partition),
        offset: -1,
        outcome: 'unknown',
      };
      transaction.sends.push(send);
      this.#byValue.set(call.value, send);
      for (const listener of this.#listeners) listener.sent?.(send);
    });
    onOperations(context, ['ok send'], ({ call, result }) => {
      const send = this.#byValue.get(call.value);
      if (send === undefined) return;
      send.outcome = 'ok';
      send.partition = topicPartitionKey(call.topic, result.partition);
      send.offset = result.offset;
    });
    onOperations(context, ['fail send', 'info send'], ({ call }) => {
      const send = this.#byValue.get(call.value);
      if (send !== undefined) send.outcome = 'failed';
    });
    onOperations(context, ['invoke send-offsets'], ({ op, call, step }) => {
      const transaction = this.#byOp.get(call.transaction);
      if (transaction === undefined) return;
      const sent: SentOffsets = { group: call.group, offsets: call.offsets, invokedAt: step, acknowledged: false };
      transaction.offsets.push(sent);
      this.#offsetsByOp.set(op, sent);
      for (const listener of this.#listeners) listener.offsetsSent?.(transaction, sent);
    });
    onOperations(context, ['ok send-offsets'], ({ op }) => {
      const sent = this.#offsetsByOp.get(op);
      if (sent !== undefined) sent.acknowledged = true;
    });
    onOperations(context, ['invoke end-transaction'], ({ call, step }) => {
      const transaction = this.#byOp.get(call.transaction);
      if (transaction === undefined) return;
      if (call.commit) transaction.commitAskedAt ??= step;
      else transaction.abortAskedAt ??= step;
    });
    onOperations(context, ['ok transaction'], ({ op, result, step }) => {
      const transaction = this.#byOp.get(op);
      if (transaction === undefined) return;
      transaction.outcome = result.outcome;
      transaction.endedAt = step;
      for (const listener of this.#listeners) listener.ended?.(transaction);
    });
  }

  #isRepeated(value: string): boolean {
    const before = this.#byValue.get(value);
    if (before !== undefined) {
      this.#repeated.add(value);
      this.#byValue.delete(value);
      before.transaction.sends.splice(before.transaction.sends.indexOf(before), 1);
    }
    return this.#repeated.has(value);
  }

  /** In the order in which they were begun. */
  get all(): Iterable<Transaction> {
    return this.#byOp.values();
  }

  /** That is this operation. */
  of(op: number): Transaction | undefined {
    return this.#byOp.get(op);
  }

  /** The transactional send of this value; undefined: it was sent outside of transactions. */
  ofValue(value: string): TransactionalSend | undefined {
    return this.#byValue.get(value);
  }

  listen(listener: TransactionListener): void {
    this.#listeners.push(listener);
  }
}

const shared = new WeakMap<CheckContext, Transactions>();

/** The run's transactions; gathered from whoever asks first on. */
export function transactionsOf(context: CheckContext): Transactions {
  let transactions = shared.get(context);
  if (transactions === undefined) {
    transactions = new Transactions(context);
    shared.set(context, transactions);
  }
  return transactions;
}

/**
 * Which transactions were committed: those whose applications were told so, and of those of unknown fate the ones of which a
 * read_committed reader finds a record in the end.
 */
export function committedTransactions(
  transactions: Transactions,
  finalCommittedReads: ReadonlyMap<string, FinalRead>,
): ReadonlySet<Transaction> {
  const committed = new Set<Transaction>();
  for (const transaction of transactions.all) if (transaction.outcome === 'committed') committed.add(transaction);
  for (const { records } of finalCommittedReads.values())
    for (const { value } of records) {
      const transaction = transactions.ofValue(value)?.transaction;
      if (transaction !== undefined && transaction.outcome === 'unknown') committed.add(transaction);
    }
  return committed;
}

/** Does this consumer see committed transactions alone? */
export function readsCommitted({ properties }: Session): boolean {
  return String(givenOrDefault(CONSUMER_CONFIG, properties, 'isolation.level')) === 'read_committed';
}

/** `transaction 3 of payments` */
export function named({ attempt, transactionalId }: Transaction): string {
  return `transaction ${attempt} of ${transactionalId}`;
}
