/** J10 to J13: what polls return is in order and without holes; inside one poll, and from poll to poll of an assigned consumer. */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { HistoryEvent, ReadRecord, Session } from '../../sim/history.ts';
import type { CheckContext, Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { GapLedger } from './GapLedger.ts';

interface Reader {
  readonly session: Session;
  mode: 'none' | 'assign' | 'subscribe';
  /** Last offset of an earlier poll, by partition. */
  readonly last: Map<string, number>;
  /** Partitions that came or went since the poll under way was invoked. */
  readonly moved: Set<string>;
}

export const pollOrder: PropertyDefinition = {
  properties: [
    { id: 'J10', title: 'one poll skips no record of a partition' },
    { id: 'J11', title: 'one poll returns the records of a partition in offset order' },
    { id: 'J12', title: 'a consumer with assigned partitions skips no record between polls' },
    { id: 'J13', title: 'a consumer with assigned partitions does not go back between polls' },
  ],
  create: (context) => new PollOrderChecker(context),
};

class PollOrderChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #gaps: GapLedger;
  readonly #readers = new Map<number, Reader>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#gaps = new GapLedger(context, this.#guarantees);
    context.onHistory((event) => this.#onEvent(event));
    context.on('consumer-position-reset', ({ partition }, { node }) => {
      for (const reader of this.#readers.values())
        if (reader.session.client === node) {
          reader.last.delete(partition);
          reader.moved.add(partition);
        }
    });
  }

  atEnd({ finalReads }: ClusterView): void {
    if (finalReads !== null) this.#gaps.judge(finalReads);
  }

  #onEvent(event: HistoryEvent): void {
    const { session } = event;
    if (session.kind !== 'consumer') return;
    if (event.type === 'opened') {
      this.#readers.set(session.id, { session, mode: 'none', last: new Map(), moved: new Set() });
      return;
    }
    const reader = this.#readers.get(session.id);
    if (reader === undefined) return;
    switch (event.type) {
      case 'closed':
      case 'crashed':
        this.#readers.delete(session.id);
        break;
      case 'assigned':
      case 'revoked':
      case 'lost':
        for (const { topic, partition } of event.partitions) reader.moved.add(topicPartitionKey(topic, partition));
        break;
      case 'invoke':
        if (event.call.f === 'poll') reader.moved.clear();
        else if (event.call.f === 'assign' || event.call.f === 'subscribe') {
          reader.mode = event.call.f;
          reader.last.clear();
        } else if (event.call.f === 'seek') reader.last.delete(topicPartitionKey(event.call.topic, event.call.partition));
        break;
      case 'ok':
        if (event.result.f === 'poll') this.#polled(reader, event.result.records);
        break;
      default:
        break;
    }
  }

  #polled(reader: Reader, records: readonly ReadRecord[]): void {
    const inThisPoll = new Map<string, number>();
    for (const { topic, partition, offset } of records) {
      const key = topicPartitionKey(topic, partition);
      const before = inThisPoll.get(key);
      if (before !== undefined) {
        if (!reader.moved.has(key)) this.#compare('J11', 'J10', reader, key, before, offset);
      } else if (reader.mode === 'assign') {
        const last = reader.last.get(key);
        if (last !== undefined) this.#compare('J13', 'J12', reader, key, last, offset);
      }
      inThisPoll.set(key, offset);
    }
    for (const [key, offset] of inThisPoll) reader.last.set(key, offset);
  }

  #compare(backward: string, forward: string, { session }: Reader, key: string, before: number, offset: number): void {
    this.#context.evaluated(backward);
    this.#context.evaluated(forward);
    if (offset <= before) {
      if (this.#guarantees.excused(backward, key)) return;
      this.#context.violated(backward, `${session.client} read ${key}@${offset} after ${key}@${before}`);
    } else if (offset > before + 1)
      this.#gaps.skipped(
        forward,
        key,
        before + 1,
        offset,
        `${session.client} read ${key}@${offset} right after ${key}@${before}`,
      );
  }
}
