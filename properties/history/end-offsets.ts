/** N10: after healing, what a client is told of the ends of a log, the leader's state, the records and the commits agree. */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { CheckContext, Checker, ClusterView, FinalRead, PropertyDefinition } from '../../sim/observe.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { leaderReplica } from './leader.ts';
import { onOperations } from './operations.ts';

export const endOffsets: PropertyDefinition = {
  properties: [
    { id: 'N10', title: 'after healing, beginning and end offsets agree with records, leader, acknowledgements and commits' },
  ],
  create: (context) => new EndOffsetsChecker(context),
};

class EndOffsetsChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  /** One past the highest offset acknowledged with acks=all. */
  readonly #acknowledgedEnd = new Map<string, number>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
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
        this.#context.violated('N10', `${key} is said to span ${read.beginningOffset} to ${read.endOffset}, but ${problem}`);
    }
  }

  #problemOf(key: string, { beginningOffset, endOffset, records }: FinalRead, view: ClusterView): string | null {
    const first = records[0]?.offset;
    const last = records.at(-1)?.offset;
    if (first !== undefined && first < beginningOffset) return `a record was read at ${first}`;
    if (last !== undefined && last !== endOffset - 1) return `the last record was read at ${last}`;
    if (last === undefined && endOffset !== beginningOffset) return 'no record was read';
    const acknowledgedEnd = this.#acknowledgedEnd.get(key) ?? 0;
    if (acknowledgedEnd > endOffset) return `offset ${acknowledgedEnd - 1} was acknowledged`;
    const leader = leaderReplica(view, key);
    if (leader !== null && leader.highWatermark !== endOffset) return `the leader's high watermark is ${leader.highWatermark}`;
    for (const { broker } of view.nodes.values())
      for (const { group, offsets } of broker?.groups ?? [])
        for (const committed of offsets)
          if (committed.partition === key && committed.offset > endOffset)
            return `group ${group} has committed ${committed.offset}`;
    return null;
  }
}
