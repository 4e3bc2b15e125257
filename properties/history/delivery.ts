/**
 * N11 and L11: delivery to the readers. Every group gets every record at least once, whatever its members go through; and
 * once the cluster is healed, every consumer comes to the end of what it reads.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { HistoryEvent, Session } from '../../sim/history.ts';
import type { CheckContext, Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';
import { OffsetSet } from './OffsetSet.ts';
import { leaderReplica } from './leader.ts';

interface Reader {
  readonly session: Session;
  /** Positions after the last poll, of the partitions it holds. */
  readonly positions: Map<string, number>;
  /** Partitions that it must bring to their end: assigned by hand or by the group. */
  readonly held: Set<string>;
}

interface Group {
  /** Topics that every consumer of the group subscribed to, from the first on. */
  topics: ReadonlySet<string> | null;
  readonly delivered: Map<string, OffsetSet>;
  /** Why not every record need be delivered. */
  excuse: string | null;
}

export const delivery: PropertyDefinition = {
  properties: [
    { id: 'N11', title: 'every acknowledged record is delivered at least once to every group that subscribed throughout' },
    { id: 'L11', title: 'after healing every consumer reaches the end of its partitions' },
  ],
  create: (context) => new DeliveryChecker(context),
};

class DeliveryChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #readers = new Map<number, Reader>();
  readonly #groups = new Map<string, Group>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    context.onHistory((event) => this.#onEvent(event));
  }

  unsettled(view: ClusterView): { property: string; message: string } | null {
    const ends = new Map<string, number | null>();
    for (const { session, held, positions } of this.#readers.values())
      for (const key of held) {
        if (view.excusedPartitions.has(key)) continue;
        let end = ends.get(key);
        if (end === undefined) {
          end = leaderReplica(view, key)?.highWatermark ?? null;
          ends.set(key, end);
        }
        if (end === null) return { property: 'L11', message: `nobody leads ${key}, which ${session.client} reads` };
        const at = positions.get(key);
        if (at === undefined || at < end)
          return { property: 'L11', message: `${session.client} is at ${at ?? 'no position'} of ${key}, which ends at ${end}` };
        this.#context.evaluated('L11');
      }
    return null;
  }

  atEnd({ finalReads, consumers }: ClusterView): void {
    if (finalReads === null) return;
    for (const [name, group] of this.#groups) {
      const isAlive = consumers.some((consumer) => consumer.group === name);
      if (!isAlive || group.topics === null) continue;
      if (group.excuse !== null) {
        this.#context.excuse('N11', `group ${name} is left out: ${group.excuse}`);
        continue;
      }
      for (const [key, read] of finalReads) {
        if (!group.topics.has(key.slice(0, key.lastIndexOf('-')))) continue;
        const delivered = group.delivered.get(key);
        const missed = read.records.find(({ offset }) => delivered?.has(offset) !== true);
        if (read.records.length > 0) this.#context.evaluated('N11', read.records.length);
        if (missed === undefined || this.#guarantees.excused('N11', key)) continue;
        this.#context.violated('N11', `${key}@${missed.offset} (${brief(missed.value)}) was never delivered to group ${name}`);
      }
    }
  }

  #onEvent(event: HistoryEvent): void {
    const { session } = event;
    if (session.kind !== 'consumer') return;
    if (event.type === 'opened') {
      this.#readers.set(session.id, { session, positions: new Map(), held: new Set() });
      const group = this.#groupOf(session);
      if (group !== null && session.properties['auto.offset.reset'] !== 'earliest')
        group.excuse ??= `${session.client} begins at the end where nothing is committed`;
      return;
    }
    const reader = this.#readers.get(session.id);
    if (reader === undefined) return;
    const group = this.#groupOf(session);
    switch (event.type) {
      case 'closed':
      case 'crashed':
        this.#readers.delete(session.id);
        break;
      case 'assigned':
        for (const { topic, partition } of event.partitions) hold(reader, topicPartitionKey(topic, partition));
        break;
      case 'revoked':
      case 'lost':
        for (const { topic, partition } of event.partitions) {
          const key = topicPartitionKey(topic, partition);
          reader.held.delete(key);
          reader.positions.delete(key);
        }
        break;
      case 'invoke':
        if (event.call.f === 'subscribe' && group !== null) {
          const { topics } = event.call;
          const before = group.topics;
          group.topics = new Set(before === null ? topics : topics.filter((topic) => before.has(topic)));
        } else if (event.call.f === 'assign') {
          reader.held.clear();
          reader.positions.clear();
          for (const { topic, partition } of event.call.partitions) hold(reader, topicPartitionKey(topic, partition));
        } else if (event.call.f === 'seek' && group !== null) group.excuse ??= `${session.client} seeks`;
        break;
      case 'ok':
        if (event.result.f !== 'poll') break;
        for (const { topic, partition, offset } of event.result.records)
          if (group !== null) deliveredOf(group, topicPartitionKey(topic, partition)).add(offset);
        for (const { topic, partition, offset } of event.result.positions)
          reader.positions.set(topicPartitionKey(topic, partition), offset);
        break;
      default:
        break;
    }
  }

  #groupOf({ properties }: Session): Group | null {
    const name = properties['group.id'];
    if (name === undefined) return null;
    let group = this.#groups.get(String(name));
    if (group === undefined) {
      group = { topics: null, delivered: new Map(), excuse: null };
      this.#groups.set(String(name), group);
    }
    return group;
  }
}

function hold(reader: Reader, key: string): void {
  reader.held.add(key);
  reader.positions.delete(key);
}

function deliveredOf({ delivered }: Group, key: string): OffsetSet {
  let set = delivered.get(key);
  if (set === undefined) {
    set = new OffsetSet();
    delivered.set(key, set);
  }
  return set;
}
