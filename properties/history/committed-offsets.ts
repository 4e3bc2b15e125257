/**
 * GR5 at the client: an acknowledged commit is what later questions are answered with, until a later commit takes its place.
 * Questions are the application's own (`committed`) and those that a consumer asks when it is given a partition: the position
 * it begins at is the answer.
 *
 * Allowed answers: acknowledged commits that no other acknowledged commit surely came after; those that overlap the question;
 * what a deposed coordinator tells (deposed-coordinators.ts); and every commit whose fate is not known, because it may be applied at
 * any later time (docs/guarantees.md, "How an operation ends"). A commit that a client sent twice, because the first request was not
 * answered, is acknowledged once, and its other request is of that kind: it may lie in a connection that the client has long closed.
 * The coordinator takes it when it comes, if its sender still is a member of the same generation (Kafka:
 * OffsetMetadataManager.validateOffsetCommit looks at nothing else).
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Completion, PartitionOffset, Session } from '../../sim/history.ts';
import { CONSUMER_CONFIG, givenOrDefault } from '../../core/config/index.ts';
import type { Checker, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type DeposedCoordinators, deposedCoordinatorsOf } from '../deposed-coordinators.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type LateEnds, lateEndsOf } from '../late-ends.ts';
import { offsetRemovalsOf } from '../offset-removals.ts';
import { type EventOf, Sessions } from './operations.ts';
import { readsCommitted, type SentOffsets, type Transaction, transactionsOf } from './transactions.ts';

interface Commit {
  readonly offset: number;
  readonly invokedAt: number;
  readonly endedAt: number;
}

interface CommittedPartition {
  /** In the order in which they were acknowledged. */
  readonly acknowledged: Commit[];
  /** Offsets of commits under way or of unknown fate, with how many there are of each. */
  readonly ambiguous: Map<number, number>;
}

interface KeyedOffset {
  /** `topic-partition`. */
  readonly key: string;
  readonly offset: number;
}

interface Reader {
  readonly session: Session;
  readonly group: string;
  /** Positions after the last poll: what a commit without offsets commits. */
  positions: readonly KeyedOffset[];
  /** When the partitions were assigned whose first position is not known yet. */
  readonly beginning: Map<string, number>;
  readonly commits: Map<number, { readonly step: number; readonly offsets: readonly KeyedOffset[] }>;
  readonly questions: Map<number, number>;
}

export const committedOffsets = {
  properties: [{ id: 'GR5', title: 'an acknowledged commit is found by those who ask later' }],
  create: (context): Checker => {
    new CommittedOffsetsChecker(context);
    return {};
  },
} as const satisfies PropertyDefinition;

class CommittedOffsetsChecker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #deposed: DeposedCoordinators;
  readonly #lateEnds: LateEnds;
  readonly #groups = new Map<string, Map<string, CommittedPartition>>();
  /** The partition of `__consumer_offsets` of each group, and when a coordinator had last loaded each. */
  readonly #offsetsPartitions = new Map<string, number>();
  readonly #lastLoads = new Map<number, number>();
  /** Groups with members that commit automatically: their commits are not in the history. */
  readonly #automatic = new Set<string>();
  /** Groups with offsets that were committed in transactions. */
  readonly #transactional = new Set<string>();
  /** Topics with records of transactions, and so with markers: a consumer's first position may lie behind one that stands at what is committed. */
  readonly #topicsWithMarkers = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#deposed = deposedCoordinatorsOf(context);
    this.#lateEnds = lateEndsOf(context);
    // Commits under way of a session that ends keep their unknown fate.
    const readers = new Sessions<Reader>(context, 'consumer', (session) => this.#opened(session));
    readers.on(['assigned'], (reader, { partitions, step }) => {
      reader.positions = [];
      for (const { topic, partition } of partitions) reader.beginning.set(topicPartitionKey(topic, partition), step);
    });
    readers.on(['revoked', 'lost'], (reader, { partitions }) => {
      reader.positions = [];
      for (const { topic, partition } of partitions) reader.beginning.delete(topicPartitionKey(topic, partition));
    });
    readers.on(['invoke assign'], ({ beginning }, { call, step }) => {
      beginning.clear();
      for (const { topic, partition } of call.partitions) beginning.set(topicPartitionKey(topic, partition), step);
    });
    readers.on(
      ['invoke seek'],
      ({ beginning }, { call }) => void beginning.delete(topicPartitionKey(call.topic, call.partition)),
    );
    readers.on(['ok poll'], (reader, { result }) => this.#polled(reader, result));
    readers.on(['invoke commit'], (reader, { op, step, call }) => {
      const offsets = (call.offsets ?? call.positions)?.map(keyed) ?? reader.positions;
      reader.commits.set(op, { step, offsets });
      for (const each of offsets) this.#ambiguous(reader.group, each, 1);
    });
    readers.on(['ok commit'], (reader, event) => this.#acknowledged(reader, event));
    readers.on(['fail commit'], (reader, { op }) => this.#settled(reader, op));
    transactionsOf(context).listen({
      sent: ({ topic }) => void this.#topicsWithMarkers.add(topic),
      offsetsSent: (_, sent) => this.#sentInTransaction(sent),
      ended: (transaction) => this.#transactionEnded(transaction),
    });
    context.on('offset-committed', ({ group, offsetsPartition }) => void this.#offsetsPartitions.set(group, offsetsPartition));
    context.on('coordinator-loaded', ({ offsetsPartition }, { step }) => void this.#lastLoads.set(offsetsPartition, step));
    context.on('consumer-commit-unanswered', ({ group, offsets }) => {
      for (const each of offsets) this.#ambiguous(group, keyed(each), 1);
    });
    readers.on(['invoke committed'], ({ questions }, { op, step }) => void questions.set(op, step));
    readers.on(['ok committed'], (reader, event) => this.#answered(reader, event));
    // With it goes what was acknowledged: its topic was deleted, or its retention has passed.
    offsetRemovalsOf(context).onDoubt((group, partition) => {
      const known = this.#groups.get(group)?.get(partition);
      if (known !== undefined) known.acknowledged.length = 0;
    });
    // A reset takes the place of a committed offset, and is committed like what was read; whether it may be is N4.
    context.on('consumer-position-reset', ({ partition: key, to }, { node }) => {
      for (const reader of readers.values()) {
        if (reader.session.client !== node) continue;
        reader.beginning.delete(key);
        reader.positions = [...reader.positions.filter((position) => position.key !== key), { key, offset: to }];
      }
    });
  }

  #opened(session: Session): Reader | null {
    if (session.properties['group.id'] === undefined) return null;
    const group = String(session.properties['group.id']);
    if (String(givenOrDefault(CONSUMER_CONFIG, session.properties, 'enable.auto.commit')) === 'true') this.#automatic.add(group);
    return { session, group, positions: [], beginning: new Map(), commits: new Map(), questions: new Map() };
  }

  /** Until it is known what became of the transaction it may be committed or not. */
  #sentInTransaction({ group, offsets }: SentOffsets): void {
    this.#transactional.add(group);
    for (const each of offsets) this.#ambiguous(group, keyed(each), 1);
  }

  #transactionEnded({ outcome, offsets, endedAt }: Transaction): void {
    for (const { group, offsets: sent, invokedAt } of offsets)
      for (const each of sent) {
        const { key, offset } = keyed(each);
        this.#ambiguous(group, { key, offset }, -1);
        if (outcome === 'committed' && endedAt !== null) this.#of(group, key).acknowledged.push({ offset, invokedAt, endedAt });
      }
  }

  #acknowledged(reader: Reader, { op, step, result }: EventOf<'ok commit'>): void {
    const invokedAt = reader.commits.get(op)?.step;
    this.#settled(reader, op);
    if (invokedAt === undefined) return;
    for (const { topic, partition, offset } of result.offsets)
      this.#of(reader.group, topicPartitionKey(topic, partition)).acknowledged.push({ offset, invokedAt, endedAt: step });
  }

  #answered(reader: Reader, { op, call, result }: EventOf<'ok committed'>): void {
    const invokedAt = reader.questions.get(op);
    if (invokedAt === undefined) return;
    const answers = new Map(result.offsets.map((each) => [topicPartitionKey(each.topic, each.partition), each.offset]));
    for (const { topic, partition } of call.partitions) {
      const key = topicPartitionKey(topic, partition);
      this.#judge(reader, key, answers.get(key) ?? null, invokedAt);
    }
  }

  #polled(reader: Reader, { records, positions }: Extract<Completion, { f: 'poll' }>): void {
    reader.positions = positions.map(keyed);
    if (reader.beginning.size === 0) return;
    for (const { topic, partition, offset } of [...records, ...positions]) {
      const key = topicPartitionKey(topic, partition);
      const since = reader.beginning.get(key);
      if (since === undefined) continue;
      reader.beginning.delete(key);
      const mayBeBehind = this.#topicsWithMarkers.has(topic) || this.#guarantees.isCompactedAway(key, offset - 1);
      this.#judge(reader, key, offset, since, mayBeBehind);
    }
  }

  /** A commit's fate is known: it is no longer one that may come at any time. */
  #settled(reader: Reader, op: number): void {
    const commit = reader.commits.get(op);
    reader.commits.delete(op);
    if (commit !== undefined) for (const each of commit.offsets) this.#ambiguous(reader.group, each, -1);
  }

  #ambiguous(group: string, { key, offset }: KeyedOffset, by: number): void {
    const { ambiguous } = this.#of(group, key);
    const count = (ambiguous.get(offset) ?? 0) + by;
    if (count > 0) ambiguous.set(offset, count);
    else ambiguous.delete(offset);
  }

  /** `mayBeBehind`: the answer may lie behind records that a consumer passes by. */
  #judge({ session, group }: Reader, key: string, answer: number | null, askedAt: number, mayBeBehind = false): void {
    if (this.#automatic.has(group)) {
      this.#context.excuse('GR5', `group ${group} has members that commit automatically, which the history does not show`);
      return;
    }
    if (this.#transactional.has(group) && !readsCommitted(session)) {
      this.#context.excuse(
        'GR5',
        `${session.client} of group ${group} does not wait for the offsets of transactions that are being committed`,
      );
      return;
    }
    const { acknowledged, ambiguous } = this.#of(group, key);
    // From the latest on: allowed until one is met that surely came before another acknowledged one.
    const lastLoad = this.#lastLoads.get(this.#offsetsPartitions.get(group) ?? -1) ?? 0;
    // A coordinator that has led all the time only has to look at what it has; one that has loaded had to find it again.
    const isAtRisk = ambiguous.size > 0 || lastLoad > (acknowledged.at(-1)?.endedAt ?? -1);
    let latestInvoked = -1;
    let mustBeSome = false;
    for (let i = acknowledged.length - 1; i >= 0; i--) {
      const commit = acknowledged[i] as Commit;
      if (commit.endedAt < latestInvoked) break;
      if (commit.offset === answer || (mayBeBehind && answer !== null && commit.offset < answer)) {
        if (isAtRisk) this.#context.evaluated('GR5');
        return;
      }
      if (commit.endedAt < askedAt) {
        mustBeSome = true;
        latestInvoked = Math.max(latestInvoked, commit.invokedAt);
      }
    }
    if (!mustBeSome) return;
    if (isAtRisk) this.#context.evaluated('GR5');
    if (answer !== null && ambiguous.has(answer)) {
      this.#context.mark('committed offset came from a commit of unknown fate');
      return;
    }
    if (this.#deposed.excuses('GR5', group, key, answer, askedAt)) return;
    if (this.#lateEnds.excusesOffsets('GR5', group, key, latestInvoked)) return;
    if (this.#guarantees.offsetsExcused('GR5', group) || this.#guarantees.deletionExcuses('GR5', key)) return;
    const last = acknowledged.at(-1)?.offset;
    this.#context.violated(
      'GR5',
      `group ${group} had ${key}@${last} committed last, but ${session.client} was told ${answer === null ? 'of no offset' : `@${answer}`}`,
      { partition: key, ...(last === undefined ? {} : { offset: last }), group, client: session.client },
    );
  }

  #of(group: string, key: string): CommittedPartition {
    let partitions = this.#groups.get(group);
    if (partitions === undefined) {
      partitions = new Map();
      this.#groups.set(group, partitions);
    }
    let found = partitions.get(key);
    if (found === undefined) {
      found = { acknowledged: [], ambiguous: new Map() };
      partitions.set(key, found);
    }
    return found;
  }
}

function keyed({ topic, partition, offset }: PartitionOffset): KeyedOffset {
  return { key: topicPartitionKey(topic, partition), offset };
}
