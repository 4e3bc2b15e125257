/** The state of one shard of the group coordinator: its groups, by id, and the transactions that would commit offsets of them. */
import type { CoordinatorShard } from '../coordinator/coordinator-shard.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { ConsumerGroup } from './consumer/consumer-group.ts';
import { Group } from './group.ts';
import type { CommittedOffset } from './group-offsets.ts';

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

/** Of one of the kinds that there are. */
export type AnyGroup = Group | ConsumerGroup;

export class Groups extends Map<string, AnyGroup> {
  /** Ids of the groups that the open transaction of a producer has offsets of, or had. */
  readonly #byProducer = new Map<number, Set<string>>();

  /** The group of either kind; a classic one that has nothing but offsets is made if there is none. */
  getOrCreate(id: string): AnyGroup {
    return this.get(id) ?? this.#put(new Group(id));
  }

  /** The classic group of this id; undefined: there is none, or one of another kind. */
  classic(id: string): Group | undefined {
    const group = this.get(id);
    return group?.kind === 'classic' ? group : undefined;
  }

  /** The consumer group of this id; undefined: there is none, or one of another kind. */
  consumer(id: string): ConsumerGroup | undefined {
    const group = this.get(id);
    return group?.kind === 'consumer' ? group : undefined;
  }

  /** A new group in place of the one there may be, whose offsets it takes over. */
  replaceByConsumer(id: string): ConsumerGroup {
    return this.#put(new ConsumerGroup(id, this.get(id)));
  }

  replaceByClassic(id: string): Group {
    return this.#put(new Group(id, this.get(id)));
  }

  #put<G extends AnyGroup>(group: G): G {
    this.set(group.id, group);
    return group;
  }

  /** A producer commits an offset in its transaction. */
  addToTransaction(producerId: number, group: AnyGroup, offset: CommittedOffset): void {
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
  dropIfPristine(group: AnyGroup): void {
    if (group.isPristine && this.get(group.id) === group) this.delete(group.id);
  }
}
