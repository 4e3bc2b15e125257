/**
 * T12 and T13: consume, transform, produce. Sends that say which record they were made of (`input`), in transactions that carry the
 * offsets of a group, make up a pipeline: every record that the group has committed past was an input of one committed transaction, and no
 * other was. Whoever aborts must go back and take the same records again (Kafka's clients do not do it by themselves, KAFKA-17582).
 */
import { type TopicPartition, topicPartitionKey } from '../../core/protocol/partition.ts';
import { CONSUMER_CONFIG, givenOrDefault } from '../../core/config/index.ts';
import type { Session } from '../../sim/history.ts';
import type { Checker, ClusterView, FinalRead, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type DeposedCoordinators, deposedCoordinatorsOf } from '../deposed-coordinators.ts';
import { type DeposedLeaders, deposedLeadersOf } from '../deposed-leaders.ts';
import { type LateEnds, lateEndsOf } from '../late-ends.ts';
import { onOperations } from './operations.ts';
import {
  committedTransactions,
  named,
  readsCommitted,
  type Transaction,
  type TransactionalSend,
  transactionsOf,
  type Transactions,
} from './transactions.ts';

interface Place {
  readonly key: string;
  readonly offset: number;
}

/** What a process has read, and where it must go back to. */
interface Consuming {
  readonly places: Map<string, Place>;
  /** By partition, the first input of the transactions that were aborted since it was assigned. */
  readonly rewindTo: Map<string, number>;
}

interface Pipeline {
  readonly group: string;
  /** One past the last input that was committed, by partition. */
  readonly committed: Map<string, number>;
  readonly transactions: Set<Transaction>;
}

export const exactlyOnce = {
  properties: [
    {
      id: 'T12',
      title: 'every record that a transactional pipeline has committed past is an input of exactly one committed transaction',
    },
    { id: 'T13', title: 'after an abort a pipeline takes up again what the aborted transaction had consumed' },
  ],
  create: (context): Checker => new ExactlyOnceChecker(context),
} as const satisfies PropertyDefinition;

class ExactlyOnceChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #transactions: Transactions;
  readonly #lateEnds: LateEnds;
  readonly #deposedLeaders: DeposedLeaders;
  readonly #deposedCoordinators: DeposedCoordinators;
  /** By process and its life. */
  readonly #consuming = new Map<string, Consuming>();
  /** Why a group's records need not be processed once: what its members do beside transactions. */
  readonly #loose = new Map<string, string>();
  /** Transactions that have taken inputs, and those of each value in the order of their attempts. */
  readonly #attempts = new Map<string, Set<Transaction>>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#transactions = transactionsOf(context);
    this.#lateEnds = lateEndsOf(context);
    this.#deposedLeaders = deposedLeadersOf(context);
    this.#deposedCoordinators = deposedCoordinatorsOf(context);
    this.#transactions.listen({ sent: (send) => this.#sent(send), ended: (transaction) => this.#ended(transaction) });
    onOperations(context, ['opened'], ({ session }) => this.#opened(session));
    onOperations(context, ['invoke commit'], ({ session }) => this.#loosen(session, 'commits outside of transactions'));
    onOperations(context, ['assigned', 'revoked', 'lost'], ({ session, partitions }) => {
      const { rewindTo } = this.#of(session);
      for (const { topic, partition } of partitions) rewindTo.delete(topicPartitionKey(topic, partition));
    });
    onOperations(context, ['ok poll'], ({ session, result }) => {
      const { places } = this.#of(session);
      for (const { topic, partition, offset, value } of result.records)
        places.set(value, { key: topicPartitionKey(topic, partition), offset });
    });
    // A zombie that asks is told what the group has done without it: there is nothing to go back to.
    onOperations(context, ['ok committed'], ({ session, result }) => {
      const { rewindTo } = this.#of(session);
      for (const { topic, partition, offset } of result.offsets) {
        const key = topicPartitionKey(topic, partition);
        if (offset > (rewindTo.get(key) ?? offset)) rewindTo.delete(key);
      }
    });
    onOperations(context, ['closed', 'crashed'], ({ session }) => void this.#consuming.delete(lifeOf(session)));
  }

  atEnd({ finalCommittedReads }: ClusterView): void {
    if (finalCommittedReads === null) return;
    const committed = committedTransactions(this.#transactions, finalCommittedReads);
    const pipelines = new Map<string, Pipeline>();
    for (const transaction of committed)
      for (const { group, offsets } of transaction.offsets) {
        let pipeline = pipelines.get(group);
        if (pipeline === undefined) {
          pipeline = { group, committed: new Map(), transactions: new Set() };
          pipelines.set(group, pipeline);
        }
        if (transaction.sends.some(({ input }) => input !== null)) pipeline.transactions.add(transaction);
        for (const each of offsets) raise(pipeline.committed, each, each.offset);
      }
    for (const pipeline of pipelines.values()) if (pipeline.transactions.size > 0) this.#judge(pipeline, finalCommittedReads);
  }

  #opened(session: Session): void {
    if (session.kind !== 'consumer' || session.properties['group.id'] === undefined) return;
    if (!readsCommitted(session)) this.#loosen(session, 'reads what is not committed');
    if (session.properties['auto.offset.reset'] !== 'earliest')
      this.#loosen(session, 'begins at the end where nothing is committed');
    if (String(givenOrDefault(CONSUMER_CONFIG, session.properties, 'enable.auto.commit')) === 'true')
      this.#loosen(session, 'commits automatically');
  }

  #loosen({ client, properties }: Session, what: string): void {
    const group = String(properties['group.id'] ?? '');
    if (!this.#loose.has(group)) this.#loose.set(group, `${client} ${what}`);
  }

  #sent({ input, transaction }: TransactionalSend): void {
    if (input === null) return;
    let attempts = this.#attempts.get(input);
    if (attempts === undefined) {
      attempts = new Set();
      this.#attempts.set(input, attempts);
    }
    attempts.add(transaction);
    const { session } = transaction;
    const { places, rewindTo } = this.#of(session);
    const place = places.get(input);
    const back = place === undefined ? undefined : rewindTo.get(place.key);
    if (place === undefined || back === undefined) return;
    rewindTo.delete(place.key);
    this.#context.evaluated('T13');
    // What lies between may have been removed on purpose meanwhile: then it goes on where the log begins.
    if (place.offset > back && this.#guarantees.removedBelow(place.key) <= back)
      this.#context.violated(
        'T13',
        `${session.client} went on with ${place.key}@${place.offset} after it had aborted what it had made of @${back}`,
        { partition: place.key, offset: back, client: session.client },
      );
  }

  #ended({ outcome, sends, session }: Transaction): void {
    if (outcome !== 'aborted') return;
    const { places, rewindTo } = this.#of(session);
    for (const { input } of sends) {
      const place = input === null ? undefined : places.get(input);
      if (place !== undefined && place.offset < (rewindTo.get(place.key) ?? Number.POSITIVE_INFINITY))
        rewindTo.set(place.key, place.offset);
    }
  }

  #judge(pipeline: Pipeline, reads: ReadonlyMap<string, FinalRead>): void {
    const { group, committed, transactions } = pipeline;
    const loose = this.#loose.get(group);
    if (loose !== undefined) {
      this.#context.excuse('T12', `group ${group} is left out: ${loose}`);
      return;
    }
    if (this.#guarantees.offsetsExcused('T12', group)) return;
    const takers = takersOf(transactions);
    for (const [key, end] of committed) {
      if (this.#guarantees.excused('T12', key)) continue;
      const removedBelow = this.#guarantees.removedBelow(key);
      const records = reads.get(key)?.records ?? [];
      const repeated = repeatedIn(records);
      for (const { offset, value } of records) {
        // A writer without idempotence may have written it several times, and each is an input: nobody can tell them apart.
        if (offset < removedBelow || repeated.has(value)) continue;
        const attempts = this.#attempts.get(value)?.size ?? 0;
        if (attempts > 1) this.#context.evaluated('T12');
        const by = takers.get(value) ?? [];
        const isRight = by.length === (offset < end ? 1 : 0);
        if (isRight || this.#isOutputExcused(this.#attempts.get(value) ?? [])) continue;
        // Who was sent back takes its inputs again, and commits them.
        if (this.#deposedLeaders.excuses('T12', key) || this.#deposedCoordinators.excusesAll('T12', key)) break;
        this.#context.violated('T12', `${key}@${offset} (${brief(value)}) ${verdict(by, offset < end, group)}`, {
          partition: key,
          offset,
          group,
        });
        return;
      }
    }
  }

  /** May what these transactions made, or what was decided of them, be lost? */
  #isOutputExcused(attempts: Iterable<Transaction>): boolean {
    for (const attempt of attempts) {
      const { transactionalId, sends } = attempt;
      if (this.#lateEnds.excuses('T12', attempt)) return true;
      if (this.#guarantees.decisionExcused('T12', transactionalId)) return true;
      for (const { partition } of sends) if (partition !== null && this.#guarantees.excused('T12', partition)) return true;
      // Whether it was committed would be seen by what it wrote.
      if (attempt.outcome === 'unknown' && sends.every((send) => this.#isRemoved(send))) return true;
    }
    return false;
  }

  #isRemoved({ partition, offset }: TransactionalSend): boolean {
    if (partition === null) return false;
    const removedBelow = this.#guarantees.removedBelow(partition);
    // An offset that is not known (-1) may have been among them.
    return removedBelow > 0 && offset < removedBelow;
  }

  #of(session: Session): Consuming {
    const life = lifeOf(session);
    let consuming = this.#consuming.get(life);
    if (consuming === undefined) {
      consuming = { places: new Map(), rewindTo: new Map() };
      this.#consuming.set(life, consuming);
    }
    return consuming;
  }
}

/** A pipeline's consumer and producer are two sessions of one process. */
function lifeOf({ client, incarnation }: Session): string {
  return `${client}#${incarnation}`;
}

/** Values that are there more than once. */
function repeatedIn(records: FinalRead['records']): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { value } of records) {
    if (seen.has(value)) repeated.add(value);
    seen.add(value);
  }
  return repeated;
}

/** By value, the transactions that were made of it. */
function takersOf(transactions: Iterable<Transaction>): ReadonlyMap<string, Transaction[]> {
  const takers = new Map<string, Transaction[]>();
  for (const transaction of transactions)
    for (const input of new Set(transaction.sends.map((send) => send.input))) {
      if (input === null) continue;
      const others = takers.get(input);
      if (others === undefined) takers.set(input, [transaction]);
      else others.push(transaction);
    }
  return takers;
}

function raise(ends: Map<string, number>, { topic, partition }: TopicPartition, offset: number): void {
  const key = topicPartitionKey(topic, partition);
  if (offset > (ends.get(key) ?? -1)) ends.set(key, offset);
}

function verdict(by: readonly Transaction[], isCommittedPast: boolean, group: string): string {
  const takers = by.map((transaction) => `${named(transaction)} (${transaction.session.client})`).join(' and ');
  if (by.length > 1) return `was an input of ${takers}, which were committed both`;
  if (isCommittedPast) return `was an input of no committed transaction, though group ${group} has committed past it`;
  return `was an input of ${takers}, which was committed without the offset in group ${group}`;
}
