/** The state of one shard of the group coordinator: its groups, by id, and the transactions that would commit offsets of them. */
import type { CoordinatorShard } from '../coordinator/coordinator-shard.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { type CommittedOffset, Group } from './group.ts';

export type GroupShard = CoordinatorShard<Groups>;

/** An offset whose transaction ended. */
export interface EndedOffset {
  readonly group: string;
  /** As `topic-partition`. */
  readonly key: string;
  readonly offset: CommittedOffset;
  /** It is the committed offset now. */
  readonly isApplied: boolean;
}

export class Groups extends Map<string, Group> {
  /** Ids of the groups that the open transaction of a producer has offsets of, or had. */
  readonly #byProducer = new Map<number, Set<string>>();

  getOrCreate(id: string): Group {
    let group = this.get(id);
    if (group === undefined) {
      group = new Group(id);
      this.set(id, group);
    }
    return group;
  }

  /** A producer commits an offset in its transaction. */
  addToTransaction(producerId: number, group: Group, offset: CommittedOffset): void {
    const key = topicPartitionKey(offset.topic, offset.partition);
    const ofProducers = group.transactionalOffsets.get(key);
    if (ofProducers === undefined) group.transactionalOffsets.set(key, new Map([[producerId, offset]]));
    else ofProducers.set(producerId, offset);
    const ids = this.#byProducer.get(producerId);
    if (ids === undefined) this.#byProducer.set(producerId, new Set([group.id]));
    else ids.add(group.id);
  }

  /**
   * The transaction of a producer ends. Of two commits the one further on in the log counts, also when the other's transaction ends
   * later: what a compacted log would show must not differ.
   */
  endTransaction(producerId: number, isCommitted: boolean): EndedOffset[] {
    const ended: EndedOffset[] = [];
    for (const id of this.#byProducer.get(producerId) ?? []) {
      const group = this.get(id);
      for (const [key, ofProducers] of group?.transactionalOffsets ?? []) {
        const offset = ofProducers.get(producerId);
        if (group === undefined || offset === undefined) continue;
        ofProducers.delete(producerId);
        if (ofProducers.size === 0) group.transactionalOffsets.delete(key);
        const isApplied = isCommitted && (group.offsets.get(key)?.logOffset ?? -1) < offset.logOffset;
        if (isApplied) group.offsets.set(key, offset);
        ended.push({ group: id, key, offset, isApplied });
      }
    }
    this.#byProducer.delete(producerId);
    return ended;
  }

  /** Forgets a group that a failed write would have begun. */
  dropIfPristine(group: Group): void {
    if (group.isPristine && this.get(group.id) === group) this.delete(group.id);
  }
}
