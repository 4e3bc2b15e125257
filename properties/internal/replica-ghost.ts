/** What checkers remember of a partition and of each of its replicas. `ClusterGhost` keeps them up to date. */
import type { PartitionRegistrationSummary } from '../../core/trace/metadata-events.ts';
import type { ViolationFacts } from '../../sim/observe.ts';
import { BatchList } from './batches.ts';
import { CompactionGhost } from './compaction-ghost.ts';
import type { LogLosses } from './ghost.ts';
import { Ledger, type Origin } from './ledger.ts';

/** One partition of one topic id. */
export class PartitionGhost {
  readonly name: string;
  readonly topicId: string;
  /** By leader epoch. */
  readonly origins = new Map<number, Origin>();
  readonly ledger = new Ledger();
  /** By node id. */
  readonly replicas = new Map<number, ReplicaGhost>();
  /** What the controller committed last, as far as it was published by anybody. */
  committed: PartitionRegistrationSummary | null = null;
  /** The last committed states, the newest last; a few. */
  readonly recent: PartitionRegistrationSummary[] = [];
  /** Of each of them, the metadata offset up to which was told when it was: it came at this one or before, behind the one told before. */
  readonly recentOffsets: number[] = [];
  removed = false;
  /** A leader has taken a batch of a transaction. */
  hasTransactions = false;
  /**
   * The highest start of any replica's log: what is below was removed on purpose. Replicas need not agree on it: where the leader's
   * log begins behind the start of its own epoch, a follower of an older epoch is told to truncate to that beginning, and keeps
   * below it what it had (LeaderEpochFileCache.truncateFromStart, endOffsetFor); it takes over the leader's start with the next records.
   */
  removedBelow = 0;
  /** What cleaners have made of its batches, on whatever replica. */
  readonly compaction = new CompactionGhost();

  constructor(name: string, topicId: string) {
    this.name = name;
    this.topicId = topicId;
  }
}

export type ReplicaRole = 'none' | 'leader' | 'follower' | 'stopped';

/** One replica: what its log holds, dead or alive. */
export class ReplicaGhost {
  readonly nodeId: number;
  readonly node: string;
  partition: PartitionGhost;
  /** As if nothing had ever been compacted: what a cleaner removed or left a copy of is there as it was written. */
  readonly log = new BatchList();
  /** What its files hold, if compaction has made it anything else than `log`. */
  compacted: BatchList | null = null;
  logStartOffset = 0;
  highWatermark = 0;
  /** The highest that this life of the process has had. */
  maxHighWatermark = 0;
  /** Everything below was reported as synced. */
  flushedTo = 0;
  /** The highest that `flushedTo` was in this life of the log. */
  maxFlushedTo = 0;
  /** Offsets from which on syncs that failed or lied left something off the medium that counts as synced. */
  #liedAt: readonly number[] = [];
  role: ReplicaRole = 'none';
  leaderEpoch = -1;
  /** As follower: whom it follows. */
  leader = -1;
  /** A truncation that was not followed by a sync yet: what it cut may come back with a power loss. */
  unsyncedTruncation = false;
  /** How often the node had lost storage in each way when the log was last loaded. */
  losses: LogLosses;
  incarnation = 0;

  constructor(nodeId: number, node: string, partition: PartitionGhost, losses: LogLosses) {
    this.nodeId = nodeId;
    this.node = node;
    this.partition = partition;
    this.losses = losses;
  }

  /** What its files hold. */
  get stored(): BatchList {
    return this.compacted ?? this.log;
  }

  /** Infinity if no sync has lied. */
  get liedFrom(): number {
    return Math.min(...this.#liedAt);
  }

  /** A sync of the segment that begins at this offset failed or lied; what had been reported before it is safe. */
  syncLied(baseOffset: number): void {
    this.#liedAt = [...this.#liedAt, Math.max(baseOffset, this.flushedTo)];
  }

  /** What has left the log, at its end or its beginning, can't be missed any more. */
  forgetLies(isGone: (offset: number) => boolean): void {
    this.#liedAt = this.#liedAt.filter((offset) => !isGone(offset));
  }

  /** After a crash the page cache is still there, and so is what it hides. */
  takeOverLies(before: ReplicaGhost): void {
    this.#liedAt = before.#liedAt;
  }
}

/** A committed state of a partition, as a violation names it. */
export function factsOf({ partition, topicId, leaderEpoch }: PartitionRegistrationSummary): ViolationFacts {
  return { partition, topicId, leaderEpoch };
}

/** A replica's log, as a violation names it. */
export function logOf({ nodeId, partition }: ReplicaGhost): ViolationFacts {
  return { nodeId, partition: partition.name, topicId: partition.topicId };
}
