/** What groups of every kind have: offsets, committed or on the way. What a group is beside that is its kind's affair. */
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';

/** A committed offset. Times are wall-clock milliseconds; `expireTimestamp` -1: none (commits since version 5 of the API). */
export interface CommittedOffset {
  readonly topic: string;
  /** Of the topic that it was committed for; ZERO_UUID where that was not told: in records of versions before 4. */
  readonly topicId: string;
  readonly partition: number;
  readonly offset: Offset;
  readonly leaderEpoch: LeaderEpoch;
  readonly metadata: string;
  readonly commitTimestamp: number;
  readonly expireTimestamp: number;
  /** Its place in `__consumer_offsets`: of two commits the one further on wins. */
  readonly logOffset: Offset;
}

export interface PendingCommits {
  readonly topic: string;
  readonly partition: number;
  /** Of the latest. */
  topicId: string;
  count: number;
}

export abstract class GroupOffsets {
  readonly id: string;
  /** By `topic-partition`. */
  readonly offsets: Map<string, CommittedOffset>;
  /** Commits that are being written, by `topic-partition`. */
  readonly pendingCommits: Map<string, PendingCommits>;
  /** Commits in transactions that are being written, by `topic-partition`. */
  readonly pendingTransactionalCommits: Map<string, PendingCommits>;
  /** Commits in transactions that have not ended, by `topic-partition` and producer id: the latest of each producer. */
  readonly transactionalOffsets: Map<string, Map<number, CommittedOffset>>;
  /** A record of it, or of its offsets, is committed: whoever only looks sees it. */
  isRecorded = false;

  /** `before`: the group of another kind, or of an earlier time, whose offsets are this one's from now on. */
  constructor(id: string, before?: GroupOffsets) {
    this.id = id;
    this.offsets = before?.offsets ?? new Map<string, CommittedOffset>();
    this.pendingCommits = before?.pendingCommits ?? new Map<string, PendingCommits>();
    this.pendingTransactionalCommits = before?.pendingTransactionalCommits ?? new Map<string, PendingCommits>();
    this.transactionalOffsets = before?.transactionalOffsets ?? new Map<string, Map<number, CommittedOffset>>();
    this.isRecorded = before?.isRecorded ?? false;
  }

  /** Nobody is in it. */
  abstract get isEmpty(): boolean;

  /** Might a member want this topic? */
  abstract isSubscribedTo(topic: string): boolean;

  /** None is committed, being written, or part of a transaction that may still commit it. */
  get hasNoOffsets(): boolean {
    return this.offsets.size === 0 && this.pendingCommits.size === 0 && !this.isInTransactions;
  }

  /** A transaction may still commit an offset of it. */
  get isInTransactions(): boolean {
    return this.transactionalOffsets.size > 0 || this.pendingTransactionalCommits.size > 0;
  }

  /** A transaction may still commit an offset of this partition, told as `topic-partition`. */
  isKeyInTransactions(key: string): boolean {
    return this.transactionalOffsets.has(key) || this.pendingTransactionalCommits.has(key);
  }

  /** What there is of a partition, committed or not; undefined: nothing. */
  anyOffsetOf(key: string): { readonly topic: string; readonly partition: number } | undefined {
    const written = this.offsets.get(key) ?? this.transactionalOffsets.get(key)?.values().next().value;
    return written ?? this.pendingCommits.get(key) ?? this.pendingTransactionalCommits.get(key);
  }

  /**
   * The tombstone of a partition's offset is in the log: what came before it is no more, and nothing comes of what transactions would
   * still commit. Returns what was there.
   */
  forgetOffset(key: string): { readonly committed: CommittedOffset | undefined; readonly producerIds: readonly number[] } {
    const committed = this.offsets.get(key);
    const producerIds = [...(this.transactionalOffsets.get(key)?.keys() ?? [])];
    this.offsets.delete(key);
    this.transactionalOffsets.delete(key);
    return { committed, producerIds };
  }

  /** Keys of all that is committed, being written, or part of a transaction. */
  offsetKeys(): Set<string> {
    const all = [this.offsets, this.pendingCommits, this.transactionalOffsets, this.pendingTransactionalCommits];
    return new Set(all.flatMap((each) => [...each.keys()]));
  }

  /** Keys of the offsets that were committed for a topic, or may come to be so: those that do not tell an id are of every topic of the name. */
  offsetsOf({ id, name }: { readonly id: string; readonly name: string }): string[] {
    return [...this.offsetKeys()].filter((key) => {
      const ofTransactions = [...(this.transactionalOffsets.get(key)?.values() ?? []), this.pendingTransactionalCommits.get(key)];
      return [this.pendingCommits.get(key) ?? this.offsets.get(key), ...ofTransactions].some(
        (of) => of !== undefined && of.topic === name && (of.topicId === ZERO_UUID || of.topicId === id),
      );
    });
  }
}
