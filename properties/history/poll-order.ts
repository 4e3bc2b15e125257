/** J10 to J13: what polls return is in order and without holes; inside one poll, and from poll to poll of an assigned consumer. */
import type { PropertyId } from '../registry.ts';
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { ReadRecord, Session } from '../../sim/history.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { GapLedger } from './gap-ledger.ts';
import { Sessions } from './operations.ts';

interface Reader {
  readonly session: Session;
  mode: 'none' | 'assign' | 'subscribe';
  /** The last record of an earlier poll, by partition. */
  readonly last: Map<string, ReadRecord>;
  /** Partitions that came or went since the poll under way was invoked. */
  readonly moved: Set<string>;
}

export const pollOrder = {
  properties: [
    { id: 'J10', title: 'one poll skips no record of a partition' },
    { id: 'J11', title: 'one poll returns the records of a partition in offset order' },
    { id: 'J12', title: 'a consumer with assigned partitions skips no record between polls' },
    { id: 'J13', title: 'a consumer with assigned partitions does not go back between polls' },
  ],
  create: (context): Checker => new PollOrderChecker(context),
} as const satisfies PropertyDefinition;

class PollOrderChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #gaps: GapLedger;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#gaps = new GapLedger(context, this.#guarantees);
    const readers = new Sessions<Reader>(context, 'consumer', (session) => ({
      session,
      mode: 'none',
      last: new Map(),
      moved: new Set(),
    }));
    readers.on(['assigned', 'revoked', 'lost'], ({ moved }, { partitions }) => {
      for (const { topic, partition } of partitions) moved.add(topicPartitionKey(topic, partition));
    });
    readers.on(['invoke assign', 'invoke subscribe'], (reader, { call }) => {
      reader.mode = call.f;
      reader.last.clear();
    });
    readers.on(['invoke seek'], ({ last }, { call }) => void last.delete(topicPartitionKey(call.topic, call.partition)));
    readers.on(['invoke poll'], ({ moved }) => moved.clear());
    readers.on(['ok poll'], (reader, { result }) => {
      if (result.records.length > 0) this.#polled(reader, result.records);
    });
    context.on('consumer-position-reset', ({ partition }, { node }) => {
      for (const reader of readers.values())
        if (reader.session.client === node) {
          reader.last.delete(partition);
          reader.moved.add(partition);
        }
    });
  }

  atEnd(view: ClusterView): void {
    this.#gaps.judge(view);
  }

  #polled(reader: Reader, records: readonly ReadRecord[]): void {
    const inThisPoll = new Map<string, ReadRecord>();
    for (const record of records) {
      const { topic, partition } = record;
      const key = topicPartitionKey(topic, partition);
      const before = inThisPoll.get(key);
      if (before !== undefined) {
        if (!reader.moved.has(key)) this.#compare('J11', 'J10', reader, key, before, record);
      } else if (reader.mode === 'assign') {
        const last = reader.last.get(key);
        if (last !== undefined) this.#compare('J13', 'J12', reader, key, last, record);
      }
      inThisPoll.set(key, record);
    }
    for (const [key, record] of inThisPoll) reader.last.set(key, record);
  }

  #compare(
    backward: PropertyId,
    forward: PropertyId,
    { session }: Reader,
    key: string,
    last: ReadRecord,
    next: ReadRecord,
  ): void {
    const { offset, topicId } = next;
    const before = last.offset;
    // Offsets of two topics that had the name one after the other are in no order.
    if (topicId !== null && last.topicId !== null && topicId !== last.topicId) return;
    // What one leader gave in one piece has no seam.
    if (next.leaderEpoch !== last.leaderEpoch) {
      this.#context.evaluated(backward);
      this.#context.evaluated(forward);
    }
    if (offset <= before) {
      if (this.#guarantees.excused(backward, key, topicId === last.topicId ? topicId : null)) return;
      this.#context.violated(backward, `${session.client} read ${key}@${offset} after ${key}@${before}`, {
        partition: key,
        offset,
        client: session.client,
      });
    } else if (offset > before + 1)
      this.#gaps.skipped(
        forward,
        session,
        key,
        before + 1,
        offset,
        `${session.client} read ${key}@${offset} right after ${key}@${before}`,
      );
  }
}
