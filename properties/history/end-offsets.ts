/** N10: after healing, what a client is told of the ends of a log, the leader's state, the records and the commits agree. */
import type { ReplicaInspection } from '../../core/broker/inspection.ts';
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import { readBatchHeader } from '../../core/protocol/records.ts';
import type { Checker, ClusterView, FinalRead, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { leaderReplica } from './leader.ts';
import { onOperations } from './operations.ts';
import { transactionsOf } from './transactions.ts';

const NOTHING = new Uint8Array();

export const endOffsets = {
  properties: [
    { id: 'N10', title: 'after healing, beginning and end offsets agree with records, leader, acknowledgements and commits' },
  ],
  create: (context): Checker => new EndOffsetsChecker(context),
} as const satisfies PropertyDefinition;

class EndOffsetsChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  /** One past the highest offset acknowledged with acks=all. */
  readonly #acknowledgedEnd = new Map<string, number>();
  /** Partitions, and topics where the partition is not known, in which transactions may have ended: with a marker, which is no record. */
  readonly #withMarkers = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    transactionsOf(context).listen({
      sent: ({ topic, partition }) => void this.#withMarkers.add(partition === null ? topic : partition),
    });
    onOperations(context, ['ok send'], ({ session, call, result }) => {
      if (result.offset < 0 || this.#guarantees.promisesOf(session).acks !== 'all') return;
      const key = topicPartitionKey(call.topic, result.partition);
      const end = result.offset + 1;
      if (end > (this.#acknowledgedEnd.get(key) ?? 0)) this.#acknowledgedEnd.set(key, end);
    });
  }

  atEnd(view: ClusterView): void {
    if (view.finalReads === null) return;
    for (const [key, read] of view.finalReads) {
      if (this.#guarantees.excused('N10', key)) continue;
      this.#context.evaluated('N10');
      const problem = this.#problemOf(key, read, view);
      if (problem !== null)
        this.#context.violated('N10', `${key} is said to span ${read.beginningOffset} to ${read.endOffset}, but ${problem}`, {
          partition: key,
        });
    }
  }

  #hasMarkers(key: string, topic: string): boolean {
    return this.#withMarkers.has(key) || this.#withMarkers.has(topic);
  }

  #problemOf(key: string, read: FinalRead, view: ClusterView): string | null {
    const { beginningOffset, beginningOffsetAfter, endOffset, records } = read;
    const first = records[0]?.offset;
    const next = (records.at(-1)?.offset ?? beginningOffset - 1) + 1;
    if (first !== undefined && first < beginningOffset) return `a record was read at ${first}`;
    // What retention removes while it is being read is not to be had any more, maybe up to the end.
    const isEndKnown = next === endOffset || (next < endOffset && this.#hasMarkers(key, read.topic));
    if (!isEndKnown && beginningOffsetAfter < endOffset)
      return records.length === 0 ? 'no record was read' : `the last record was read at ${next - 1}`;
    const acknowledgedEnd = this.#acknowledgedEnd.get(key) ?? 0;
    if (acknowledgedEnd > endOffset) return `offset ${acknowledgedEnd - 1} was acknowledged`;
    const leader = leaderReplica(view, key);
    // The nodes are looked at after the reading, and a marker may come at any time: of a request that its sender has long sent again.
    if (leader !== null && leader.highWatermark !== endOffset && !hasMarkersOnly(leader, endOffset))
      return `the leader's high watermark is ${leader.highWatermark}`;
    const end = Math.max(endOffset, leader?.highWatermark ?? endOffset);
    for (const { broker } of view.nodes.values())
      for (const { group, offsets } of broker?.groups ?? [])
        for (const committed of offsets)
          if (committed.partition === key && committed.offset > end) return `group ${group} has committed ${committed.offset}`;
    return null;
  }
}

/** Are there none but markers of transactions between the offset and the high watermark? */
function hasMarkersOnly(leader: ReplicaInspection, from: number): boolean {
  for (let next = from; next !== leader.highWatermark; ) {
    const bytes = next < leader.highWatermark ? leader.read(next, 1) : NOTHING;
    if (bytes.length === 0) return false;
    const { isControl, nextOffset } = readBatchHeader(bytes);
    if (!isControl) return false;
    next = nextOffset;
  }
  return true;
}
