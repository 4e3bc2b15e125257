/**
 * T1 as applications can see it: a transaction takes effect as a whole. What was committed can be read in every partition that it wrote
 * to, and what was aborted, or never to be committed, in none; what of unknown fate is readable in one is readable in all.
 */
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type LateEnds, lateEndsOf } from '../late-ends.ts';
import { named, type Transaction, type TransactionalSend, transactionsOf, type Transactions } from './transactions.ts';

export const atomicity = {
  properties: [{ id: 'T1', title: 'a transaction is committed in all its partitions, with every record of it, or in none' }],
  create: (context): Checker => new AtomicityChecker(context),
} as const satisfies PropertyDefinition;

class AtomicityChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #transactions: Transactions;
  readonly #lateEnds: LateEnds;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#transactions = transactionsOf(context);
    this.#lateEnds = lateEndsOf(context);
  }

  atEnd({ finalCommittedReads }: ClusterView): void {
    if (finalCommittedReads === null) return;
    const readable = new Set<TransactionalSend>();
    for (const { records } of finalCommittedReads.values())
      for (const { value } of records) {
        const send = this.#transactions.ofValue(value);
        if (send !== undefined) readable.add(send);
      }
    for (const transaction of this.#transactions.all) this.#judge(transaction, readable, finalCommittedReads);
  }

  #judge(transaction: Transaction, readable: ReadonlySet<TransactionalSend>, reads: ReadonlyMap<string, unknown>): void {
    const seen = transaction.sends.find((send) => readable.has(send));
    const { outcome, sends } = transaction;
    if (outcome === 'unknown' || sends.length > 1) this.#context.evaluated('T1');
    // Of aborted ones, and of those that nobody asked to commit, J5 and J9 tell.
    if (outcome === 'aborted' || (outcome === 'unknown' && seen === undefined)) return;
    for (const send of sends) {
      const missing = this.#missing(send, readable, reads);
      if (missing === null || this.#guarantees.decisionExcused('T1', transaction.transactionalId)) continue;
      if (this.#lateEnds.excuses('T1', transaction)) return;
      const why =
        outcome === 'committed' ? 'was committed' : `is there in part (${seen?.partition} holds ${brief(seen?.value ?? '')})`;
      this.#context.violated('T1', `${named(transaction)} ${why}, but ${missing}`, {
        client: transaction.session.client,
        ...(send.partition === null ? {} : { partition: send.partition }),
        ...(send.offset < 0 ? {} : { offset: send.offset }),
      });
      return;
    }
  }

  /** What is wrong with this record of a committed transaction, as a part of a sentence; null: nothing, or nothing is promised of it. */
  #missing(
    send: TransactionalSend,
    readable: ReadonlySet<TransactionalSend>,
    reads: ReadonlyMap<string, unknown>,
  ): string | null {
    const { value, partition, offset, outcome, transaction } = send;
    if (readable.has(send)) return null;
    if (outcome !== 'ok')
      return transaction.outcome === 'committed'
        ? `${brief(value)}, which was sent in it, ${outcome === 'failed' ? 'failed' : 'has no answer'}`
        : null;
    if (partition === null || !reads.has(partition)) return null;
    const taker = this.#guarantees.takerOf(partition, send.invokedAt);
    const removedBelow = this.#guarantees.removedBelow(partition, taker);
    if (offset < 0 ? removedBelow > 0 : offset < removedBelow) return null;
    if (this.#guarantees.isCompactedAway(partition, offset) || this.#guarantees.excused('T1', partition, taker)) return null;
    return `${brief(value)} of it cannot be read at ${partition}@${offset}`;
  }
}
