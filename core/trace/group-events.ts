/** Groups (core/group): classic ones, and where it says so consumer groups. */
export type GroupEvent =
  | {
      readonly type: 'group-transition';
      readonly group: string;
      readonly from: string;
      readonly to: string;
      readonly generation: number;
      readonly members: readonly string[];
    }
  | {
      readonly type: 'group-member-joined';
      readonly group: string;
      readonly member: string;
      readonly instanceId: string | null;
      readonly generation: number;
    }
  | {
      readonly type: 'group-member-removed';
      readonly group: string;
      readonly member: string;
      readonly reason: 'left' | 'session-expired' | 'rebalance-timeout' | 'fenced' | 'sync-timeout' | 'not-recorded';
      readonly sinceHeartbeatMs: number;
      readonly sessionTimeoutMs: number;
    }
  /**
   * A member's heartbeat came to its coordinator, which takes or refuses it. What it takes is answered when the writes under way are
   * settled, and with their error if they fail.
   */
  | {
      readonly type: 'group-heartbeat-received';
      readonly group: string;
      readonly member: string;
      readonly generation: number;
      readonly error: number;
    }
  /** A consumer group as it is in the log from here on, or as a coordinator found it there: then `logOffset` is -1. */
  | {
      readonly type: 'consumer-group-changed';
      readonly group: string;
      readonly offsetsPartition: number;
      /** Of the last of the records that made it so. */
      readonly logOffset: number;
      /** The same that an operator is shown: Empty, Assigning, Reconciling, Stable. */
      readonly state: string;
      readonly epoch: number;
      /** Of the topics that they subscribe to, as text. */
      readonly metadataHash: string;
      readonly assignmentEpoch: number;
      /** Partitions are `topic id-index`. */
      readonly members: readonly {
        readonly member: string;
        readonly instanceId: string | null;
        /** What it subscribes to, as text: names, and an expression. */
        readonly subscription: string;
        readonly epoch: number;
        readonly assigned: readonly string[];
        readonly pendingRevocation: readonly string[];
        readonly target: readonly string[];
      }[];
    }
  /** The assignment of a generation is committed in the log, at this offset of it, and being answered. */
  | {
      readonly type: 'group-assignment';
      readonly group: string;
      readonly logOffset: number;
      readonly generation: number;
      readonly protocol: string;
      readonly leader: string;
      readonly assignments: readonly { readonly member: string; readonly partitions: readonly string[] }[];
    }
  | {
      readonly type: 'group-sync-answered';
      readonly group: string;
      readonly generation: number;
      readonly member: string;
      readonly partitions: readonly string[];
    }
  /** A commit is below the high watermark and being answered. `logOffset` is its place in __consumer_offsets. */
  | {
      readonly type: 'offset-committed';
      readonly group: string;
      readonly partition: string;
      /** Of the topic that the offset is of; ZERO_UUID: it was committed by name. */
      readonly topicId: string;
      readonly offset: number;
      readonly leaderEpoch: number;
      readonly member: string;
      readonly generation: number;
      readonly groupGeneration: number;
      readonly groupState: string;
      readonly isCurrentMember: boolean;
      /**
       * In the consumer protocol, where `groupGeneration` is the member's epoch: the one in which the partition was assigned to it, as the
       * coordinator knows; absent: it has none of it.
       */
      readonly assignedIn?: number;
      readonly offsetsPartition: number;
      readonly logOffset: number;
    }
  | {
      readonly type: 'offset-commit-rejected';
      readonly group: string;
      readonly member: string;
      readonly generation: number;
      /** Whose transaction it was to be part of; -1: of none. */
      readonly producerId: number;
      readonly partitions: readonly string[];
      readonly error: number;
      readonly times: number;
    }
  /**
   * A commit in a transaction is below the high watermark and being answered: nobody sees it before the transaction is committed.
   * `logOffset` is its place in __consumer_offsets.
   */
  | {
      readonly type: 'transactional-offset-written';
      readonly group: string;
      readonly partition: string;
      readonly topicId: string;
      readonly offset: number;
      readonly leaderEpoch: number;
      /** As the request claims them. */
      readonly transactionalId: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly member: string;
      readonly generation: number;
      readonly offsetsPartition: number;
      readonly logOffset: number;
    }
  /** The marker of a transaction is committed in this partition of __consumer_offsets, at this offset of it. */
  | {
      readonly type: 'transactional-offsets-ended';
      readonly offsetsPartition: number;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly isCommitted: boolean;
      /** What was pending. Where `isApplied` it is the committed offset from now on: nothing further on in the log was it already. */
      readonly offsets: readonly {
        readonly group: string;
        readonly partition: string;
        readonly topicId: string;
        readonly offset: number;
        readonly logOffset: number;
        readonly isApplied: boolean;
      }[];
      readonly logOffset: number;
    }
  /** Any other request of a group, but for the errors that are part of every rebalance. */
  | {
      readonly type: 'group-request-rejected';
      readonly api: string;
      readonly group: string;
      readonly member: string;
      /** -1: the request has none. */
      readonly generation: number;
      readonly error: number;
      readonly times: number;
    }
  | {
      readonly type: 'offset-fetched';
      readonly group: string;
      readonly partition: string;
      /** That was asked for; ZERO_UUID: it was asked for by name. */
      readonly topicId: string;
      readonly offset: number;
      /** Nothing is to be told that an open transaction may replace. */
      readonly requireStable: boolean;
      readonly error: number;
    }
  /** Tombstones are on their way into the log: from now on a coordinator that loads may find the offset gone. */
  | {
      readonly type: 'offset-removal-begun';
      readonly group: string;
      readonly partition: string;
      readonly offsetsPartition: number;
      readonly reason: 'expired' | 'topic-deleted' | 'group-deleted' | 'offset-delete';
      /** Since it was committed, by the coordinator's clock; null: nothing was yet. */
      readonly ageMs: number | null;
    }
  | {
      /** For each that began, if the coordinator lives to see it, after what came of it. */
      readonly type: 'offset-removal-ended';
      readonly group: string;
      readonly partition: string;
      /** NOT_COORDINATOR: the tombstone may be in the log all the same. */
      readonly error: number;
    }
  | {
      readonly type: 'offset-removed';
      readonly group: string;
      readonly partition: string;
      readonly reason: 'expired' | 'topic-deleted' | 'group-deleted' | 'offset-delete';
      /** Of its tombstone. */
      readonly logOffset: number;
    }
  /** The same of what a transaction would still have committed: nothing comes of it. */
  | {
      readonly type: 'transactional-offset-removed';
      readonly group: string;
      readonly partition: string;
      readonly producerId: number;
      readonly reason: 'expired' | 'topic-deleted' | 'group-deleted' | 'offset-delete';
      readonly logOffset: number;
    }
  /** The group's tombstone is committed in the log: what comes behind it is a group that begins anew. */
  | { readonly type: 'group-deleted'; readonly group: string; readonly logOffset: number }
  | {
      readonly type: 'coordinator-loading';
      readonly offsetsPartition: number;
      readonly leaderEpoch: number;
      readonly endOffset: number;
    }
  | {
      readonly type: 'coordinator-loaded';
      readonly offsetsPartition: number;
      readonly leaderEpoch: number;
      readonly groups: number;
      /** `logOffset`: the place in __consumer_offsets of the record that holds it. */
      readonly offsets: readonly {
        readonly group: string;
        readonly partition: string;
        readonly topicId: string;
        readonly offset: number;
        readonly logOffset: number;
      }[];
      /** Of transactions whose end it has not read. */
      readonly transactionalOffsets: readonly {
        readonly group: string;
        readonly partition: string;
        readonly topicId: string;
        readonly offset: number;
        readonly producerId: number;
        readonly logOffset: number;
      }[];
      /** Tombstones of groups that it read, whoever wrote them: `logOffset` is their place in __consumer_offsets. */
      readonly deletedGroups: readonly { readonly group: string; readonly logOffset: number }[];
    }
  /** It could not read its partition, or not decode what it read: until another election nobody coordinates these groups. */
  | { readonly type: 'coordinator-load-failed'; readonly offsetsPartition: number; readonly leaderEpoch: number }
  | { readonly type: 'coordinator-unloaded'; readonly offsetsPartition: number; readonly leaderEpoch: number };
