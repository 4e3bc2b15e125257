/**
 * N11 and L11: delivery to the readers. Every group gets every record at least once, whatever its members go through; and
 * once the cluster is healed, every consumer comes to the end of what it reads.
 */
import { ErrorCode } from '../../core/protocol/errors.ts';
import { type TopicPartition, topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Session } from '../../sim/history.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext, Unmet } from '../judge.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';
import { OffsetSet } from './offset-set.ts';
import { type EventOf, Sessions } from './operations.ts';
import { leaderReplica } from './leader.ts';
import { keepsWhatStays } from './rebalance-protocol.ts';
import { partitionCount } from './topics.ts';
import { readsCommitted } from './transactions.ts';
import { seeksOf } from './seeks.ts';

interface Reader {
  readonly session: Session;
  readonly group: Group | null;
  /** Positions after the last poll, of the partitions it holds. */
  readonly positions: Map<string, number>;
  /** Partitions that it must bring to their end: assigned by hand or by the group. */
  readonly held: Map<string, TopicPartition>;
  /** What it holds need not exist: nobody takes it away when its topic is deleted. */
  assignsItself: boolean;
  /** Of its last assignment by the group. */
  generation: number;
  /** It has subscribed and has no assignment now: its group is rebalancing, perhaps waiting for somebody who is gone. */
  waits: boolean;
  /** How its last poll ended; null: well. */
  pollError: string | null;
}

interface Group {
  /** Topics that every consumer of the group subscribed to, from the first on. */
  topics: ReadonlySet<string> | null;
  readonly delivered: Map<string, OffsetSet>;
  /** A member passes by what is not committed. */
  readsCommitted: boolean;
  /** Why not every record need be delivered. */
  excuse: string | null;
}

export const delivery = {
  properties: [
    { id: 'N11', title: 'every acknowledged record is delivered at least once to every group that subscribed throughout' },
    { id: 'L11', title: 'after healing every consumer reaches the end of its partitions' },
  ],
  create: (context): Checker => new DeliveryChecker(context),
} as const satisfies PropertyDefinition;

/** What a poll ends with that meets bytes that are no batch. */
const CORRUPT = 'CORRUPT_MESSAGE';

class DeliveryChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #readers: Sessions<Reader>;
  readonly #groups = new Map<string, Group>();
  /** By group, the last generation in which a static leader came back to an assignment of its earlier life. */
  readonly #kept = new Map<string, number>();
  /** By group and partition: the last who asked what is committed there heard that a transaction is yet to decide it. */
  readonly #undecided = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#readers = new Sessions(context, 'consumer', (session) => this.#opened(session));
    context.on('consumer-kept-assignment', ({ group, generation }) => this.#kept.set(group, generation));
    context.on('offset-fetched', ({ group, partition, error }) => {
      if (error === ErrorCode.UNSTABLE_OFFSET_COMMIT) this.#undecided.add(`${group}/${partition}`);
      else this.#undecided.delete(`${group}/${partition}`);
    });
    this.#readers.on(['assigned'], (reader, { partitions, generation }) => {
      reader.waits = false;
      reader.generation = generation;
      hold(reader, partitions);
    });
    this.#readers.on(['revoked', 'lost'], (reader, { type, partitions }) => {
      const { held, positions, session } = reader;
      if (type === 'lost' || !keepsWhatStays(session)) reader.waits = true;
      for (const { topic, partition } of partitions) {
        const key = topicPartitionKey(topic, partition);
        held.delete(key);
        positions.delete(key);
      }
    });
    this.#readers.on(['invoke assign'], (reader, { call }) => {
      reader.assignsItself = true;
      reader.held.clear();
      reader.positions.clear();
      hold(reader, call.partitions);
    });
    this.#readers.on(['invoke subscribe'], (reader, { call: { topics } }) => {
      const { group } = reader;
      if (group === null) return;
      reader.waits = true;
      const before = group.topics;
      group.topics = new Set(before === null ? topics : topics.filter((topic) => before.has(topic)));
    });
    const seeks = seeksOf(context);
    this.#readers.on(['invoke seek'], ({ group, session, positions }, event) => {
      const { topic, partition, offset } = event.call;
      // It has that to read again, whatever it was at.
      if (typeof offset === 'number') positions.set(topicPartitionKey(topic, partition), offset);
      else positions.delete(topicPartitionKey(topic, partition));
      if (group !== null && seeks.mayPassBy(event)) group.excuse ??= `${session.client} seeks`;
    });
    this.#readers.on(['ok poll'], polled);
    this.#readers.on(['fail poll', 'info poll'], (reader, { error }) => {
      reader.pollError = error;
    });
  }

  unsettled(view: ClusterView): Unmet | null {
    const leaders = new Map<string, ReturnType<typeof leaderReplica>>();
    for (const { session, held, positions, waits, assignsItself, generation, pollError } of this.#readers.values()) {
      const group = String(session.properties['group.id']);
      if (view.idle.has(session.id)) continue;
      if (waits && !this.#guarantees.offsetsExcused('L11', group) && !this.#guarantees.coordinationExcused('L11', group))
        return {
          property: 'L11',
          message: `${session.client} waits for an assignment in group ${group}`,
          facts: { client: session.client, group },
          concerns: [group],
        };
      // What can't be decoded is met again at each poll, before what was fetched of other partitions (FetchCollector, 4.3.1).
      const unreadable = pollError === CORRUPT ? [...held.keys()].find((key) => view.excusedPartitions.has(key)) : undefined;
      if (unreadable !== undefined) {
        this.#context.excuse('L11', `${session.client} comes no further than what can't be read of ${unreadable}`);
        continue;
      }
      for (const [key, partition] of held) {
        if (view.excusedPartitions.has(key)) continue;
        if (!exists(view, partition) && (assignsItself || this.#isKept(group, generation))) continue;
        if (!leaders.has(key)) leaders.set(key, leaderReplica(view, key));
        const leader = leaders.get(key);
        if (leader == null)
          return {
            property: 'L11',
            message: `nobody leads ${key}, which ${session.client} reads`,
            facts: { client: session.client, partition: key },
            concerns: [key],
          };
        const { highWatermark, lastStableOffset } = leader;
        const isOpen = readsCommitted(session) && lastStableOffset < highWatermark;
        const end = isOpen && this.#mayStayOpen(key) ? lastStableOffset : highWatermark;
        const at = positions.get(key);
        if (at === undefined && this.#waitsForDecision(group, held)) continue;
        // Beyond the end is the place of another log: that of a topic of the same name that is no more.
        if (at === undefined || at < end || at > leader.highWatermark)
          return {
            property: 'L11',
            message: `${session.client} is at ${at ?? 'no position'} of ${key}, which ends at ${end}`,
            facts: { client: session.client, group, partition: key, ...(typeof at === 'number' ? { offset: at } : {}) },
            concerns: [key, group],
            ...(typeof at === 'number' && at < end ? { progress: { of: `${session.id}/${key}`, at } } : {}),
          };
        this.#context.evaluated('L11');
      }
    }
    return null;
  }

  /**
   * Will nobody ever say where a member with these partitions would begin? It asks for all that have no position at once, and one answer
   * that waits for a transaction is the answer to all (ConsumerCoordinator's OffsetFetchResponseHandler, 4.3.1).
   */
  #waitsForDecision(group: string, held: Reader['held']): boolean {
    for (const key of held.keys()) {
      if (this.#undecided.has(`${group}/${key}`)) return this.#guarantees.anyDecisionExcused('L11');
    }
    return false;
  }

  /** May a transaction be open in this log that its coordinator knows nothing of? */
  #mayStayOpen(partition: string): boolean {
    return this.#guarantees.excused('L11', partition) || this.#guarantees.anyDecisionExcused('L11');
  }

  atEnd({ finalReads, finalCommittedReads, consumers, lastRefused, excusedPartitions }: ClusterView): void {
    if (finalReads === null || finalCommittedReads === null) return;
    for (const [name, group] of this.#groups) {
      const isAlive = consumers.some((consumer) => consumer.group === name);
      if (!isAlive || group.topics === null) continue;
      if (group.excuse !== null) {
        this.#context.excuse('N11', `group ${name} is left out: ${group.excuse}`);
        continue;
      }
      for (const [key, read] of group.readsCommitted ? finalCommittedReads : finalReads) {
        if (!group.topics.has(read.topic)) continue;
        const delivered = group.delivered.get(key);
        const removedBelow = this.#guarantees.removedBelow(key);
        const missed = read.records.find(
          ({ offset }) =>
            offset >= removedBelow && delivered?.has(offset) !== true && !this.#guarantees.isCompactedAway(key, offset),
        );
        if (read.records.length > 0) this.#context.evaluated('N11', read.records.length);
        if (missed === undefined || this.#guarantees.excused('N11', key) || this.#guarantees.coordinationExcused('N11', name))
          continue;
        if (this.#wasNotAwaited(name, excusedPartitions)) continue;
        this.#context.violated(
          'N11',
          `${key}@${missed.offset} (${brief(missed.value)}) was never delivered to group ${name}${lastRefused([key, name])}`,
          { partition: key, offset: missed.offset, group: name },
        );
      }
    }
  }

  /** Where a group's own offsets may not be to be had, L10 does not wait for it: a member that is gone may have partitions until its session ends. */
  #wasNotAwaited(group: string, excusedPartitions: ClusterView['excusedPartitions']): boolean {
    const own = this.#guarantees.offsetsPartition(group);
    const why = own === null ? undefined : excusedPartitions.get(own);
    if (why === undefined) return false;
    this.#context.excuse('N11', `group ${group} is left out: nobody waited until it was stable: ${why}`);
    return true;
  }

  /** KIP-814: of topics that ended while the static leader of the group was away it does not hear (ownership.ts has the same). */
  #isKept(group: string, generation: number): boolean {
    if (this.#kept.get(group) !== generation) return false;
    this.#context.excuse('L11', `a topic may have ended while the static leader of group ${group} was away`);
    return true;
  }

  /** What a client that is not Trial's holds, pauses and comes to is its own affair. */
  #opened(session: Session): Reader | null {
    if (session.isOfFrames === true) return null;
    const group = this.#groupOf(session);
    if (group !== null && readsCommitted(session)) group.readsCommitted = true;
    if (group !== null && session.properties['auto.offset.reset'] !== 'earliest')
      group.excuse ??= `${session.client} begins at the end where nothing is committed`;
    return {
      session,
      group,
      positions: new Map(),
      held: new Map(),
      assignsItself: false,
      generation: -1,
      waits: false,
      pollError: null,
    };
  }

  #groupOf({ properties }: Session): Group | null {
    const name = properties['group.id'];
    if (name === undefined) return null;
    let group = this.#groups.get(String(name));
    if (group === undefined) {
      group = { topics: null, delivered: new Map(), readsCommitted: false, excuse: null };
      this.#groups.set(String(name), group);
    }
    return group;
  }
}

function exists(view: ClusterView, { topic, partition }: TopicPartition): boolean {
  return partition < partitionCount(view, topic);
}

function hold({ held, positions }: Reader, partitions: EventOf<'assigned'>['partitions']): void {
  for (const { topic, partition } of partitions) {
    const key = topicPartitionKey(topic, partition);
    held.set(key, { topic, partition });
    positions.delete(key);
  }
}

function polled(reader: Reader, { result }: EventOf<'ok poll'>): void {
  const { group, positions } = reader;
  reader.pollError = null;
  for (const { topic, partition, offset } of result.records)
    if (group !== null) deliveredOf(group, topicPartitionKey(topic, partition)).add(offset);
  for (const { topic, partition, offset } of result.positions) positions.set(topicPartitionKey(topic, partition), offset);
}

function deliveredOf({ delivered }: Group, key: string): OffsetSet {
  let set = delivered.get(key);
  if (set === undefined) {
    set = new OffsetSet();
    delivered.set(key, set);
  }
  return set;
}
