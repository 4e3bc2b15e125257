/**
 * Transactions that something old ended. Before transaction.version 2 a producer keeps its epoch from transaction to transaction, and
 * nothing in an EndTxn or a WriteTxnMarkers says which of them it is for: a request that its sender has long given up, and sent again,
 * ends the next one if it comes late (KAFKA-17754, which KIP-890 mends). That transaction is then decided in part against the will of its
 * application. From version 2 on the epoch is another, and such a request is refused: T2 and T10. Of a marker that takes a broker which
 * knows of KIP-1228 (WriteTxnMarkers 2): between others the markers' version is not told, and one of the epoch that is open is taken.
 */
import { topicPartitionKey } from '../core/protocol/partition.ts';
import type { CheckContext } from './judge.ts';
import { type Guarantees, guaranteesOf } from './guarantees.ts';
import type { PropertyId } from './registry.ts';
import { type Decision, transactionGhostOf } from './internal/transaction-ghost.ts';
import { onOperations } from './history/operations.ts';
import { named, type Transaction, transactionsOf } from './history/transactions.ts';

const EPOCH_BUMP_VERSION = 2;

export class LateEnds {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  /** By producer id and epoch, the client process that goes on with them. */
  readonly #clients = new Map<string, string>();
  /** By transactional id and client process, its last transaction. */
  readonly #current = new Map<string, Transaction>();
  /** As before, the one before that: its end may be decided and not yet be written to all partitions when the next one begins. */
  readonly #previous = new Map<string, Transaction>();
  /** As before: whether it has ever asked to commit one before that, and to abort one. A request of that may still be on its way. */
  readonly #asked = new Map<string, { commit: boolean; abort: boolean }>();
  readonly #ended = new Map<Transaction, string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    const transactions = transactionsOf(context);
    context.on('producer-transaction', ({ producerId, producerEpoch }, { node }) => {
      if (producerId >= 0) this.#clients.set(`${producerId}/${producerEpoch}`, node);
    });
    onOperations(context, ['invoke transaction'], ({ op, call, session }) => {
      const transaction = transactions.of(op);
      if (transaction === undefined) return;
      const key = `${call.transactionalId}/${session.client}`;
      const before = this.#current.get(key);
      this.#current.set(key, transaction);
      if (before !== undefined) this.#previous.set(key, before);
      const asked = this.#asked.get(key) ?? { commit: false, abort: false };
      asked.commit ||= (before?.commitAskedAt ?? null) !== null;
      asked.abort ||= (before?.abortAskedAt ?? null) !== null;
      this.#asked.set(key, asked);
    });
    transactionGhostOf(context).listen({
      onDecided: (decision, _, reason, epochBefore) => {
        if (reason === 'end-transaction' && epochBefore !== undefined) this.#onEnd(decision, epochBefore);
      },
    });
  }

  /**
   * A marker of an earlier transaction of this producer ended the open one, where that may be. `isDecided`: the
   * coordinator has decided that one, and its own marker is still to come.
   */
  markerCame(transactionalId: string, producerId: number, producerEpoch: number, partition: string, isDecided = false): void {
    const transaction = this.#of(transactionalId, producerId, producerEpoch, isDecided);
    if (transaction === undefined) return;
    this.#ended.set(
      transaction,
      `a marker of an earlier transaction ended its part in ${partition}, as transaction.version 1 or WriteTxnMarkers 1 lets it`,
    );
  }

  /** Was any transaction of the run ended so? Then the property is excused. */
  excusesAll(property: PropertyId): boolean {
    for (const transaction of this.#ended.keys()) return this.excuses(property, transaction);
    return false;
  }

  /** May something old have committed, or dropped, offsets of this group and partition, with no commit after that time (in steps)? */
  excusesOffsets(property: PropertyId, group: string, partition: string, after: number): boolean {
    for (const transaction of this.#ended.keys()) {
      if (transaction.endedAt !== null && transaction.endedAt < after) continue;
      const isIn = transaction.offsets.some(
        (sent) =>
          sent.group === group &&
          sent.offsets.some(({ topic, partition: index }) => topicPartitionKey(topic, index) === partition),
      );
      if (isIn) return this.excuses(property, transaction);
    }
    return false;
  }

  /** Is the property off for what this transaction did? Then it is listed with its reason. */
  excuses(property: PropertyId, transaction: Transaction): boolean {
    const reason = this.#ended.get(transaction);
    if (reason === undefined) return false;
    this.#context.excuse(property, `${named(transaction)} is left out: ${reason}`);
    return true;
  }

  #onEnd({ transactionalId, producerId, commit, transactionVersion }: Decision, epochBefore: number): void {
    const transaction = this.#of(transactionalId, producerId, epochBefore);
    if (transaction === undefined || (commit ? transaction.commitAskedAt : transaction.abortAskedAt) !== null) return;
    const asked = this.#asked.get(`${transactionalId}/${transaction.session.client}`);
    if (transactionVersion < EPOCH_BUMP_VERSION && (commit ? asked?.commit : asked?.abort) === true)
      this.#ended.set(transaction, 'an EndTxn that was meant for an earlier one ended it, as transaction.version 1 lets it');
    // An application that closes its producer aborts without asking for it.
    else if (commit && !this.#guarantees.decisionExcused('T10', transactionalId))
      this.#context.violated('T10', `the coordinator committed ${named(transaction)}, which its application had not asked for`, {
        producerId,
        client: transaction.session.client,
      });
  }

  #of(transactionalId: string, producerId: number, producerEpoch: number, isDecided = false): Transaction | undefined {
    const key = `${transactionalId}/${this.#clients.get(`${producerId}/${producerEpoch}`)}`;
    const current = this.#current.get(key);
    const isAsked = current !== undefined && (current.commitAskedAt ?? current.abortAskedAt) !== null;
    return isDecided && !isAsked ? this.#previous.get(key) : current;
  }
}

const ofRuns = new WeakMap<CheckContext, LateEnds>();

/** Those of the run. */
export function lateEndsOf(context: CheckContext): LateEnds {
  let late = ofRuns.get(context);
  if (late === undefined) {
    late = new LateEnds(context);
    ofRuns.set(context, late);
  }
  return late;
}
