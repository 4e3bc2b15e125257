/**
 * J6: no torn transaction. Of what a transaction wrote to a partition, a read_committed reader sees all that lies between where it
 * began to read and where it is, or nothing. Over several partitions Kafka promises readers no common moment.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Session } from '../../sim/history.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type LateEnds, lateEndsOf } from '../late-ends.ts';
import { Sessions } from './operations.ts';
import {
  named,
  readsCommitted,
  type Transaction,
  type TransactionalSend,
  transactionsOf,
  type Transactions,
} from './transactions.ts';

/** A reader's way through a partition without a jump: all offsets from `from` up to but not including `to`. */
interface Stretch {
  readonly client: string;
  readonly from: number;
  to: number;
  /** What of transactions it was given there. */
  readonly seen: Set<TransactionalSend>;
}

interface Reader {
  readonly session: Session;
  /** Of each partition, the one that it is on. */
  readonly current: Map<string, Stretch>;
}

export const tornReads = {
  properties: [
    {
      id: 'J6',
      title: 'a read_committed reader sees all that a transaction wrote to what it has read of a partition, or none of it',
    },
  ],
  create: (context): Checker => new TornReadsChecker(context),
} as const satisfies PropertyDefinition;

class TornReadsChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #transactions: Transactions;
  readonly #lateEnds: LateEnds;
  readonly #stretches = new Map<string, Stretch[]>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#transactions = transactionsOf(context);
    this.#lateEnds = lateEndsOf(context);
    const readers = new Sessions<Reader>(context, 'consumer', (session) =>
      readsCommitted(session) ? { session, current: new Map() } : null,
    );
    readers.on(['assigned', 'revoked', 'lost'], ({ current }, { partitions }) => {
      for (const { topic, partition } of partitions) current.delete(topicPartitionKey(topic, partition));
    });
    readers.on(['invoke assign', 'invoke subscribe'], ({ current }) => current.clear());
    readers.on(['invoke seek'], ({ current }, { call }) => void current.delete(topicPartitionKey(call.topic, call.partition)));
    context.on('consumer-position-reset', ({ partition }, { node }) => {
      for (const { session, current } of readers.values()) if (session.client === node) current.delete(partition);
    });
    readers.on(['ok poll'], (reader, { result }) => {
      for (const { topic, partition, offset, value } of result.records) {
        const stretch = this.#at(reader, topicPartitionKey(topic, partition), offset);
        const send = this.#transactions.ofValue(value);
        if (send !== undefined) stretch.seen.add(send);
        stretch.to = offset + 1;
      }
      for (const { topic, partition, offset } of result.positions)
        this.#at(reader, topicPartitionKey(topic, partition), offset).to = offset;
    });
  }

  atEnd({ finalReads }: ClusterView): void {
    if (finalReads === null || this.#stretches.size === 0) return;
    const offsets = new Map<TransactionalSend, number>();
    for (const { records } of finalReads.values())
      for (const { offset, value } of records) {
        const send = this.#transactions.ofValue(value);
        if (send !== undefined) offsets.set(send, offset);
      }
    for (const transaction of this.#transactions.all) {
      for (const [key, sends] of byPartition(transaction, offsets)) {
        if (sends.length < 2) continue;
        for (const stretch of this.#stretches.get(key) ?? []) this.#judge(key, sends, offsets, stretch);
      }
    }
  }

  #judge(
    key: string,
    sends: readonly TransactionalSend[],
    offsets: ReadonlyMap<TransactionalSend, number>,
    { client, from, to, seen }: Stretch,
  ): void {
    const passed = sends.filter((send) => {
      const offset = offsets.get(send) as number;
      const isGone = offset < this.#guarantees.removedBelow(key) || this.#guarantees.isCompactedAway(key, offset);
      return offset >= from && offset < to && !isGone;
    });
    if (passed.length < 2) return;
    this.#context.evaluated('J6');
    const given = passed.find((send) => seen.has(send));
    const missed = passed.find((send) => !seen.has(send));
    if (given === undefined || missed === undefined || this.#guarantees.excused('J6', key)) return;
    const { transaction } = given;
    if (this.#guarantees.decisionExcused('J6', transaction.transactionalId) || this.#lateEnds.excuses('J6', transaction)) return;
    const offset = offsets.get(missed) as number;
    this.#context.violated(
      'J6',
      `${client} read ${brief(given.value)} of ${named(transaction)} at ${key}@${offsets.get(given)}, but passed ${brief(missed.value)} of it at @${offset}`,
      { partition: key, offset, client: transaction.session.client },
    );
  }

  /** The reader's stretch in this partition; a new one, from here, if it has jumped or just begun. */
  #at({ session, current }: Reader, key: string, offset: number): Stretch {
    const stretch = current.get(key);
    if (stretch !== undefined && offset >= stretch.to) return stretch;
    const next: Stretch = { client: session.client, from: offset, to: offset, seen: new Set() };
    current.set(key, next);
    const known = this.#stretches.get(key);
    if (known === undefined) this.#stretches.set(key, [next]);
    else known.push(next);
    return next;
  }
}

/** What of the transaction is in the logs, by partition. */
function byPartition(
  { sends }: Transaction,
  offsets: ReadonlyMap<TransactionalSend, number>,
): ReadonlyMap<string, TransactionalSend[]> {
  const found = new Map<string, TransactionalSend[]>();
  for (const send of sends) {
    if (send.partition === null || !offsets.has(send)) continue;
    const others = found.get(send.partition);
    if (others === undefined) found.set(send.partition, [send]);
    else others.push(send);
  }
  return found;
}
