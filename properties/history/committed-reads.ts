/**
 * J9, and J5 of transactions: what read_committed readers are given was committed. They are told of a transaction's records no
 * earlier than its application asks to commit it, and of those of an aborted one never. The final reads count as a reader.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type LateEnds, lateEndsOf } from '../late-ends.ts';
import { onOperations } from './operations.ts';
import {
  named,
  readsCommitted,
  type Transaction,
  type TransactionalSend,
  transactionsOf,
  type Transactions,
} from './transactions.ts';

interface Read {
  readonly client: string;
  readonly key: string;
  readonly offset: number;
}

export const committedReads = {
  properties: [
    { id: 'J9', title: 'no read_committed reader is given a record before its application asks to commit the transaction' },
  ],
  create: (context): Checker => new CommittedReadsChecker(context),
} as const satisfies PropertyDefinition;

class CommittedReadsChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #transactions: Transactions;
  readonly #lateEnds: LateEnds;
  /** Where a read_committed reader first saw each. */
  readonly #reads = new Map<TransactionalSend, Read>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#transactions = transactionsOf(context);
    this.#lateEnds = lateEndsOf(context);
    this.#transactions.listen({ ended: (transaction) => this.#ended(transaction) });
    onOperations(context, ['ok poll'], ({ session, result }) => {
      if (!readsCommitted(session)) return;
      for (const { topic, partition, offset, value } of result.records)
        this.#read(value, { client: session.client, key: topicPartitionKey(topic, partition), offset });
    });
  }

  atEnd({ finalCommittedReads }: ClusterView): void {
    if (finalCommittedReads === null) return;
    for (const [key, { records }] of finalCommittedReads)
      for (const { offset, value } of records) this.#read(value, { client: 'the final reader', key, offset });
  }

  #read(value: string, read: Read): void {
    const send = this.#transactions.ofValue(value);
    if (send === undefined || this.#reads.has(send)) return;
    this.#reads.set(send, read);
    const { transaction } = send;
    this.#context.evaluated('J9');
    if (transaction.outcome === 'aborted') this.#abortedRead(send, read);
    else if (transaction.commitAskedAt === null && !this.#excused('J9', transaction, read))
      this.#context.violated(
        'J9',
        `${read.client} read ${brief(value)} at ${read.key}@${read.offset}, though nobody had asked to commit ${named(transaction)}`,
        { partition: read.key, offset: read.offset, client: transaction.session.client },
      );
  }

  #ended(transaction: Transaction): void {
    if (transaction.outcome !== 'aborted') return;
    for (const send of transaction.sends) {
      if (send.outcome === 'ok') this.#context.evaluated('J5');
      const read = this.#reads.get(send);
      if (read !== undefined) this.#abortedRead(send, read);
    }
  }

  #abortedRead({ value, transaction }: TransactionalSend, read: Read): void {
    if (this.#excused('J5', transaction, read)) return;
    this.#context.violated(
      'J5',
      `${read.client} read ${brief(value)} at ${read.key}@${read.offset}, though ${named(transaction)} was aborted`,
      { partition: read.key, offset: read.offset, client: transaction.session.client },
    );
  }

  #excused(property: 'J5' | 'J9', transaction: Transaction, { key }: Read): boolean {
    return (
      this.#lateEnds.excuses(property, transaction) ||
      this.#guarantees.excused(property, key) ||
      this.#guarantees.decisionExcused(property, transaction.transactionalId)
    );
  }
}
