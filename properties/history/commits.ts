/**
 * N3: nothing is committed that the application has not processed. Looked at from both sides: a session's commits against
 * what it was given, and the group's committed offsets (automatic commits too) against what its members processed in all.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { PartitionOffset, ReadRecord, Session } from '../../sim/history.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { OffsetSet } from './offset-set.ts';
import { Sessions } from './operations.ts';
import { readsCommitted } from './transactions.ts';
import { seeksOf } from './seeks.ts';

interface Reader {
  readonly session: Session;
  /** Offsets given to the application and not processed yet, by partition, in order. */
  readonly unprocessed: Map<string, number[]>;
  /** It has told once what it has processed. */
  tells: boolean;
  /** The first unprocessed offset of each partition when a commit of unnamed offsets was invoked, by operation. */
  readonly pending: Map<number, ReadonlyMap<string, number>>;
}

interface Group {
  readonly name: string;
  readonly processed: Map<string, Processed>;
  /** Commits that were beyond what was processed, to be judged when it is known what the log holds. */
  readonly ahead: Map<string, { readonly committed: number; readonly processed: number; readonly step: number }[]>;
  fromStart: boolean;
  /** A member passes by what is not committed. */
  readsCommitted: boolean;
}

/** What a group has processed of a partition. */
interface Processed {
  readonly offsets: OffsetSet;
  /** When, by offset, of what came after a hole: an offset that nothing was processed of, or not yet. */
  readonly afterHole: Map<number, number>;
}

/** Commits ahead that are kept for judgement: after a hole in the log every commit looks like one. */
const KEPT_PER_PARTITION = 1_000;

/** For whoever wrote a consumer of their own and has not heard of it. */
const NEVER_TOLD = ' (its consumer has not told yet that anything is processed: consumer.processed(records) does)';

export const commits = {
  properties: [{ id: 'N3', title: 'no offset is committed beyond the first record that was not processed' }],
  create: (context): Checker => new CommitsChecker(context),
} as const satisfies PropertyDefinition;

class CommitsChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #readers: Sessions<Reader>;
  readonly #groups = new Map<string, Group>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#readers = new Sessions<Reader>(context, 'consumer', (session) => this.#opened(session));
    this.#readers.on(['assigned', 'revoked', 'lost'], ({ unprocessed }, { partitions }) => {
      for (const { topic, partition } of partitions) unprocessed.delete(topicPartitionKey(topic, partition));
    });
    this.#readers.on(['ok poll'], (reader, { result }) => this.#polled(reader, result.records));
    this.#readers.on(['processed'], (reader, { records, step }) => this.#processed(reader, records, step));
    const seeks = seeksOf(context);
    this.#readers.on(['invoke seek'], ({ session, unprocessed }, event) => {
      const { call } = event;
      unprocessed.delete(topicPartitionKey(call.topic, call.partition));
      const group = this.#groupOf(session);
      if (group !== null && seeks.mayPassBy(event)) group.fromStart = false;
    });
    this.#readers.on(['invoke commit'], (reader, { op, call }) => {
      if (call.offsets === null) reader.pending.set(op, firstUnprocessed(reader));
      else this.#committed(reader, call.offsets, firstUnprocessed(reader));
    });
    this.#readers.on(['ok commit'], (reader, { op, result }) => {
      const then = reader.pending.get(op);
      if (then !== undefined) this.#committed(reader, result.offsets, then);
      reader.pending.delete(op);
    });
    this.#readers.on(['fail commit', 'info commit'], ({ pending }, { op }) => void pending.delete(op));
    context.on('offset-committed', ({ group, partition, offset }, { step }) =>
      this.#groupCommitted(group, partition, offset, step),
    );
  }

  atEnd({ finalReads, finalCommittedReads }: ClusterView): void {
    if (finalReads === null || finalCommittedReads === null) return;
    for (const { name, ahead, fromStart, readsCommitted: isOfCommitted, processed: ofGroup } of this.#groups.values()) {
      if (!fromStart) {
        this.#context.excuse('N3', `group ${name} has members that do not begin at the earliest offset`);
        continue;
      }
      for (const [partition, commitsAhead] of ahead) {
        if (this.#guarantees.excused('N3', partition)) continue;
        const removedBelow = this.#guarantees.removedBelow(partition);
        const reads = isOfCommitted ? finalCommittedReads : finalReads;
        const afterHole = ofGroup.get(partition)?.afterHole;
        const records = (reads.get(partition)?.records ?? []).filter(
          ({ offset }) => offset >= removedBelow && !this.#guarantees.isCompactedAway(partition, offset),
        );
        for (const { committed, processed, step } of commitsAhead) {
          const missed = records.find(
            ({ offset }) => offset >= processed && offset < committed && !((afterHole?.get(offset) ?? Infinity) <= step),
          );
          if (missed === undefined) continue;
          this.#context.violated(
            'N3',
            `group ${name} committed ${partition}@${committed} before any member had processed @${missed.offset}`,
            { partition, offset: missed.offset, group: name },
          );
          break;
        }
      }
    }
  }

  #opened(session: Session): Reader {
    const group = this.#groupOf(session);
    if (group !== null && readsCommitted(session)) group.readsCommitted = true;
    if (group !== null && session.properties['auto.offset.reset'] !== 'earliest') group.fromStart = false;
    return { session, unprocessed: new Map(), tells: false, pending: new Map() };
  }

  #polled({ unprocessed }: Reader, records: readonly ReadRecord[]): void {
    for (const { topic, partition, offset } of records) {
      const key = topicPartitionKey(topic, partition);
      const waiting = unprocessed.get(key);
      if (waiting === undefined) unprocessed.set(key, [offset]);
      else waiting.push(offset);
    }
  }

  #processed(reader: Reader, records: readonly ReadRecord[], step: number): void {
    const { session, unprocessed } = reader;
    if (records.length > 0) reader.tells = true;
    const group = this.#groupOf(session);
    for (const { topic, partition, offset } of records) {
      const key = topicPartitionKey(topic, partition);
      const waiting = unprocessed.get(key);
      const at = waiting === undefined ? -1 : waiting.indexOf(offset);
      if (at >= 0) waiting?.splice(at, 1);
      if (group === null) continue;
      const { offsets, afterHole } = processedOf(group, key);
      offsets.add(offset);
      if (offset >= offsets.prefixEnd && !afterHole.has(offset)) afterHole.set(offset, step);
    }
  }

  #committed(
    { session, tells }: Reader,
    offsets: readonly PartitionOffset[],
    firstUnprocessed: ReadonlyMap<string, number>,
  ): void {
    for (const { topic, partition, offset } of offsets) {
      const key = topicPartitionKey(topic, partition);
      const first = firstUnprocessed.get(key);
      // Who has processed all that it was given cannot commit too much.
      if (first === undefined) continue;
      this.#context.evaluated('N3');
      if (offset <= first) continue;
      this.#context.violated(
        'N3',
        `${session.client} committed ${key}@${offset} before it had processed @${first}${tells ? '' : NEVER_TOLD}`,
        { partition: key, offset, client: session.client },
      );
    }
  }

  #groupCommitted(name: string, partition: string, offset: number, step: number): void {
    const group = this.#groups.get(name);
    if (group === undefined) return;
    if (this.#isUnderWork(group, partition)) this.#context.evaluated('N3');
    const { offsets: processed } = processedOf(group, partition);
    processed.skipTo(this.#guarantees.removedBelow(partition));
    const { prefixEnd } = processed;
    if (offset <= prefixEnd) return;
    const known = group.ahead.get(partition);
    if (known === undefined) group.ahead.set(partition, [{ committed: offset, processed: prefixEnd, step }]);
    else if (known.length < KEPT_PER_PARTITION) known.push({ committed: offset, processed: prefixEnd, step });
  }

  /** Is a member at work on records of this partition? Its commit could be of those. */
  #isUnderWork({ name }: Group, partition: string): boolean {
    for (const { session, unprocessed } of this.#readers.values())
      if (session.properties['group.id'] === name && (unprocessed.get(partition)?.length ?? 0) > 0) return true;
    return false;
  }

  #groupOf({ properties }: Session): Group | null {
    const name = properties['group.id'];
    if (name === undefined) return null;
    let group = this.#groups.get(String(name));
    if (group === undefined) {
      group = { name: String(name), processed: new Map(), ahead: new Map(), fromStart: true, readsCommitted: false };
      this.#groups.set(group.name, group);
    }
    return group;
  }
}

function processedOf({ processed }: Group, partition: string): Processed {
  let found = processed.get(partition);
  if (found === undefined) {
    found = { offsets: new OffsetSet(), afterHole: new Map() };
    processed.set(partition, found);
  }
  return found;
}

function firstUnprocessed({ unprocessed }: Reader): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const [key, [offset]] of unprocessed) if (offset !== undefined) first.set(key, offset);
  return first;
}
