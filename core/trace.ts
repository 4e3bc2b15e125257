/**
 * The typed events that core emits about itself. Checkers, reports, event-triggered faults and coverage read these and
 * nothing else of a node's inner life. An event is emitted in the same step as the state change it tells of. The world adds
 * the node, the incarnation and the time.
 *
 * `partition` is `topic-index`, e.g. `orders-0`; the metadata log is `__cluster_metadata-0`. `batch` fields are the bytes of
 * one record batch v2, by reference: read them, never write.
 *
 * This file is over 500 lines because it is the one list of what core tells, and has no logic.
 */
import type { CoreMark } from './marks.ts';

/** One batch of a log, as its header says. `crc` covers everything but base offset and leader epoch: equal crc, equal records. */
interface BatchSummary {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly crc: number;
}

/** The last batch of an idempotent producer. */
export interface ProducerSummary {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastOffset: number;
}

/** Logs on disk (core/log). */
export type LogEvent =
  /** A log was opened and recovered: everything it now holds. `clean`: recovery was skipped thanks to a clean shutdown. */
  | {
      readonly type: 'log-loaded';
      readonly partition: string;
      readonly topicId: string;
      readonly logStartOffset: number;
      readonly logEndOffset: number;
      readonly recoveryPoint: number;
      readonly clean: boolean;
      readonly batches: readonly BatchSummary[];
      readonly epochs: readonly { readonly epoch: number; readonly startOffset: number }[];
    }
  | {
      readonly type: 'log-appended';
      readonly partition: string;
      readonly role: 'leader' | 'follower';
      readonly baseOffset: number;
      readonly lastOffset: number;
      readonly leaderEpoch: number;
      readonly batch: Uint8Array;
    }
  | {
      readonly type: 'log-truncated';
      readonly partition: string;
      readonly from: number;
      readonly to: number;
      /** Why: 'diverging-epoch', 'out-of-range', 'full', 'snapshot', 'recovery', ... */
      readonly reason: string;
    }
  /** Everything below `upTo` has been synced to disk. */
  | { readonly type: 'log-flushed'; readonly partition: string; readonly upTo: number }
  | {
      readonly type: 'log-start-offset-advanced';
      readonly partition: string;
      readonly from: number;
      readonly to: number;
      readonly reason: 'retention' | 'delete-records' | 'leader' | 'snapshot';
    }
  | { readonly type: 'segment-rolled'; readonly partition: string; readonly baseOffset: number }
  | {
      readonly type: 'segment-deleted';
      readonly partition: string;
      readonly baseOffset: number;
      readonly endOffset: number;
      readonly highWatermark: number;
      readonly reason: 'retention-time' | 'retention-size' | 'log-start';
    }
  | { readonly type: 'epoch-assigned'; readonly partition: string; readonly epoch: number; readonly startOffset: number }
  /** A directory's logs are flushed and closed, and the file that proves it to the next run is being written. */
  | { readonly type: 'clean-shutdown-marked'; readonly directory: string; readonly brokerEpoch: number }
  /** Epochs that begin at the log's end, of which it has no record, are forgotten by a truncation that cuts nothing. */
  | {
      readonly type: 'empty-epochs-dropped';
      readonly partition: string;
      readonly logEndOffset: number;
      /** The last one that is left. */
      readonly latestEpoch: number | null;
    }
  /** A retry of a batch that the log already holds (KIP-98); it is answered with the first offset, not appended. */
  | {
      readonly type: 'duplicate-batch';
      readonly partition: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly baseSequence: number;
      readonly lastSequence: number;
      readonly offset: number;
    }
  | {
      readonly type: 'sequence-rejected';
      readonly partition: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly baseSequence: number;
      readonly expected: number;
      readonly error: number;
    }
  /** What a log knows of producers was built anew: from a snapshot, which holds the last batch of each, and the batches after it. */
  | {
      readonly type: 'producer-state-rebuilt';
      readonly partition: string;
      /** Null: from the batches alone. */
      readonly snapshotOffset: number | null;
      /** The batches from here on; of those below, what the snapshot holds. */
      readonly from: number;
      readonly upTo: number;
    }
  /** What a log remembers of its producers, of everything below `endOffset`: rebuilt at a load or after a cut, or written to a snapshot. */
  | {
      readonly type: 'producer-state-told';
      readonly partition: string;
      readonly occasion: 'load' | 'truncation' | 'snapshot';
      readonly endOffset: number;
      readonly producers: readonly ProducerSummary[];
    }
  /** They wrote nothing for producer.id.expiration.ms, and are forgotten. */
  | { readonly type: 'producers-expired'; readonly partition: string; readonly producerIds: readonly number[] }
  | {
      readonly type: 'checkpoint-written';
      readonly file: 'recovery-point' | 'high-watermark' | 'log-start' | 'leader-epoch';
      readonly directory: string;
      readonly entries: readonly (readonly [partition: string, offset: number])[];
    }
  | { readonly type: 'log-directory-failed'; readonly directory: string; readonly error: string };

/** Partition replication (core/replication). */
type ReplicationEvent =
  | {
      readonly type: 'became-leader';
      readonly partition: string;
      readonly topicId: string;
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly isr: readonly number[];
      readonly replicas: readonly number[];
      readonly logStartOffset: number;
      readonly logEndOffset: number;
      readonly highWatermark: number;
    }
  | {
      readonly type: 'became-follower';
      readonly partition: string;
      readonly topicId: string;
      readonly leaderEpoch: number;
      readonly leader: number;
      readonly logEndOffset: number;
      readonly highWatermark: number;
    }
  | { readonly type: 'replica-stopped'; readonly partition: string; readonly topicId: string; readonly deleted: boolean }
  | {
      readonly type: 'high-watermark-advanced';
      readonly partition: string;
      readonly role: 'leader' | 'follower';
      readonly leaderEpoch: number;
      readonly from: number;
      readonly to: number;
      readonly isr: readonly number[];
      readonly maximalIsr: readonly number[];
    }
  /** The high watermark was set at load or lowered with a truncation. */
  | {
      readonly type: 'high-watermark-set';
      readonly partition: string;
      readonly from: number;
      readonly to: number;
      readonly reason: 'load' | 'truncation';
    }
  | {
      readonly type: 'isr-change-proposed';
      readonly partition: string;
      readonly kind: 'shrink' | 'expand';
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly isr: readonly number[];
      readonly proposed: readonly number[];
      /** Broker epochs of the proposed members as the proposal names them (-1: not given). */
      readonly proposedEpochs: readonly number[];
      readonly replicaEndOffset: number;
      readonly highWatermark: number;
      readonly epochStartOffset: number;
    }
  /** A request with this proposal was sent and never answered: it may still arrive, and be applied. */
  | {
      readonly type: 'isr-change-unanswered';
      readonly partition: string;
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
    }
  | {
      readonly type: 'isr-change-resolved';
      readonly partition: string;
      readonly outcome: 'committed' | 'rejected' | 'superseded';
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly isr: readonly number[];
      readonly error: number;
    }
  /** The leader took a follower's fetch offset as the follower's log end. */
  | {
      readonly type: 'follower-progressed';
      readonly partition: string;
      readonly leaderEpoch: number;
      /** The leader epoch that the fetch named, -1: none. */
      readonly requestEpoch: number;
      readonly replica: number;
      readonly brokerEpoch: number;
      readonly endOffset: number;
    }
  | {
      readonly type: 'produce-appended';
      readonly partition: string;
      readonly acks: number;
      readonly leaderEpoch: number;
      readonly baseOffset: number;
      readonly lastOffset: number;
      readonly isrSize: number;
      readonly minIsr: number;
    }
  | {
      readonly type: 'produce-acked';
      readonly partition: string;
      readonly acks: number;
      readonly leaderEpoch: number;
      /** The leader epoch in which it was appended; -1: it was a duplicate, appended at some time before. */
      readonly appendEpoch: number;
      readonly baseOffset: number;
      readonly lastOffset: number;
      readonly highWatermark: number;
      readonly maximalIsrSize: number;
      readonly minIsr: number;
    }
  | {
      readonly type: 'produce-failed';
      readonly partition: string;
      readonly acks: number;
      readonly error: number;
      readonly afterAppend: boolean;
      /** How often so far; see Refusals. So of all that is refused. */
      readonly times: number;
    }
  | {
      readonly type: 'fetch-served';
      readonly partition: string;
      readonly to: 'consumer' | 'follower';
      readonly replica: number;
      /** What the request named: '' and -1 if it did not. */
      readonly topicId: string;
      readonly requestEpoch: number;
      readonly leaderEpoch: number;
      readonly fetchOffset: number;
      readonly endOffset: number;
      readonly highWatermark: number;
      readonly lastStableOffset: number;
      readonly logStartOffset: number;
      readonly readCommitted: boolean;
      readonly isLeader: boolean;
    }
  /** A follower applied a fetch answer in this epoch: it appended, or (`diverging`) cut its log where the leader's parts from it. */
  | {
      readonly type: 'fetch-applied';
      readonly partition: string;
      readonly diverging: boolean;
      readonly leaderEpoch: number;
      /** What had been asked, and whom. */
      readonly askedEpoch: number;
      readonly askedOffset: number;
      readonly askedNode: number;
      readonly fromOffset: number;
      readonly endOffset: number;
      readonly leader: number;
    }
  /** `replica` -1: a consumer. `requestEpoch`: what the fetch named; `leaderEpoch`: what this broker's replica is in, -1 without one. */
  | (FetchClaim & { readonly type: 'fetch-rejected'; readonly error: number })
  /** The logs part at `epochEnd`: the largest epoch up to `lastFetchedEpoch` that this one knows, and where it ends. */
  | (FetchClaim & {
      readonly type: 'fetch-diverged';
      readonly epochEnd: { readonly epoch: number; readonly endOffset: number };
    });

interface FetchClaim {
  readonly partition: string;
  readonly replica: number;
  readonly requestEpoch: number;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly leaderEpoch: number;
  readonly times: number;
}

/** The KRaft quorum (core/raft). */
export type QuorumRole = 'unattached' | 'voted' | 'prospective' | 'candidate' | 'leader' | 'follower' | 'resigned' | 'observer';
type QuorumEvent =
  | {
      readonly type: 'quorum-transition';
      readonly from: QuorumRole;
      readonly to: QuorumRole;
      readonly epoch: number;
      readonly leaderId: number;
      readonly isVoter: boolean;
    }
  /** The vote is durable and about to be answered. */
  | {
      readonly type: 'quorum-voted';
      readonly epoch: number;
      readonly candidate: number;
      readonly candidateLastEpoch: number;
      readonly candidateEndOffset: number;
      readonly lastEpoch: number;
      readonly endOffset: number;
    }
  | { readonly type: 'quorum-pre-vote-answered'; readonly epoch: number; readonly candidate: number; readonly granted: boolean }
  | {
      readonly type: 'quorum-leader-elected';
      readonly epoch: number;
      readonly epochStartOffset: number;
      readonly voters: readonly number[];
    }
  | { readonly type: 'quorum-leader-resigned'; readonly epoch: number; readonly reason: string }
  | {
      readonly type: 'quorum-high-watermark-advanced';
      readonly role: QuorumRole;
      readonly epoch: number;
      readonly from: number;
      readonly to: number;
      readonly epochStartOffset: number;
      readonly voters: readonly number[];
    }
  /** The leader's log ends at `to`, below what this node knows to be committed: the node ends. */
  | {
      readonly type: 'quorum-truncation-refused';
      readonly epoch: number;
      readonly leaderId: number;
      readonly to: number;
      readonly highWatermark: number;
    }
  /** The election state is durable: a new one, or the one that a start found. */
  | { readonly type: 'quorum-state-persisted'; readonly epoch: number; readonly votedId: number; readonly leaderId: number }
  | { readonly type: 'snapshot-created'; readonly endOffset: number; readonly epoch: number; readonly sizeBytes: number }
  | {
      readonly type: 'snapshot-loaded';
      readonly endOffset: number;
      readonly epoch: number;
      readonly source: 'local' | 'fetched';
    };

/** What the committed metadata says of a partition. */
export interface PartitionRegistrationSummary {
  readonly partition: string;
  readonly topic: string;
  readonly topicId: string;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly recovering: boolean;
}

export interface RemovedPartitionSummary {
  readonly partition: string;
  readonly topic: string;
  readonly topicId: string;
}

export interface BrokerRegistrationSummary {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly incarnationId: string;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

/** Metadata and the active controller (core/metadata, core/controller). */
type MetadataEvent =
  /** This node's image moved to `offset` (the last offset applied); everything that changed since its last event. */
  | {
      readonly type: 'metadata-applied';
      readonly role: 'broker' | 'controller';
      readonly offset: number;
      readonly epoch: number;
      readonly fromSnapshot: boolean;
      readonly partitions: readonly PartitionRegistrationSummary[];
      readonly removedPartitions: readonly RemovedPartitionSummary[];
      readonly brokers: readonly BrokerRegistrationSummary[];
      readonly removedBrokers: readonly number[];
      readonly configs: readonly { readonly resource: string; readonly name: string; readonly value: string | null }[];
      /** Level 0: the feature is not in use any more. */
      readonly features: readonly { readonly name: string; readonly level: number }[];
    }
  /** The metadata log holds what core does not have (levels of features, kinds of records), which is passed over. */
  | { readonly type: 'features-lacking'; readonly names: readonly string[] }
  | { readonly type: 'controller-activated'; readonly epoch: number; readonly claimOffset: number }
  | { readonly type: 'controller-renounced'; readonly epoch: number; readonly reason: string }
  /** The active controller answered a write with success. */
  | {
      readonly type: 'controller-write-completed';
      readonly operation: string;
      readonly epoch: number;
      readonly offset: number;
      readonly committedOffset: number;
    }
  | {
      readonly type: 'alter-partition-answered';
      readonly partition: string;
      readonly topic: string;
      readonly broker: number;
      /** The requester's broker epoch as the request names it, and those of the members it asks for (-1: not given). */
      readonly brokerEpoch: number;
      readonly requestedIsr: readonly number[];
      readonly requestedEpochs: readonly number[];
      /** It was decided on the metadata below this offset. */
      readonly decidedAt: number;
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly error: number;
    }
  | { readonly type: 'producer-ids-allocated'; readonly firstId: number; readonly count: number; readonly broker: number }
  /** A heartbeat came to the active controller, whatever it is answered. */
  | {
      readonly type: 'broker-heartbeat-received';
      readonly brokerId: number;
      readonly brokerEpoch: number;
      readonly wantFence: boolean;
      readonly wantShutDown: boolean;
    }
  /** The active controller takes a registration: a new incarnation, or the same once more. */
  | {
      readonly type: 'broker-registration-accepted';
      readonly brokerId: number;
      readonly brokerEpoch: number;
      readonly incarnationId: string;
    }
  | { readonly type: 'broker-session-expired'; readonly brokerId: number; readonly brokerEpoch: number }
  | {
      readonly type: 'controlled-shutdown-granted';
      readonly brokerId: number;
      readonly brokerEpoch: number;
      /** Offset of the metadata that the decision saw, its own changes among them; the answer waits until they are committed. */
      readonly decidedAt: number;
    };

/** Broker lifecycle (core/broker). */
type BrokerEvent =
  | {
      readonly type: 'node-started';
      readonly nodeId: number;
      readonly roles: readonly ('broker' | 'controller')[];
      readonly incarnationId: string;
    }
  | { readonly type: 'broker-state-changed'; readonly from: string; readonly to: string; readonly brokerEpoch: number }
  /** Told by whoever refuses, and by a broker of what its controller refuses. */
  | {
      readonly type: 'request-rejected';
      readonly api: string;
      readonly error: number;
      readonly detail: string;
      readonly times: number;
    };

/** Classic groups (core/group). */
type GroupEvent =
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
      readonly offsetsPartition: number;
      readonly logOffset: number;
    }
  | {
      readonly type: 'offset-commit-rejected';
      readonly group: string;
      readonly member: string;
      readonly generation: number;
      readonly partitions: readonly string[];
      readonly error: number;
      readonly times: number;
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
      readonly error: number;
    }
  /** Tombstones are on their way into the log: from now on a coordinator that loads may find the offset gone. */
  | {
      readonly type: 'offset-removal-begun';
      readonly group: string;
      readonly partition: string;
      readonly offsetsPartition: number;
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
      /** Tombstones of groups that it read, whoever wrote them: `logOffset` is their place in __consumer_offsets. */
      readonly deletedGroups: readonly { readonly group: string; readonly logOffset: number }[];
    }
  /** It could not read its partition, or not decode what it read: until another election nobody coordinates these groups. */
  | { readonly type: 'coordinator-load-failed'; readonly offsetsPartition: number; readonly leaderEpoch: number }
  | { readonly type: 'coordinator-unloaded'; readonly offsetsPartition: number; readonly leaderEpoch: number };

/** Clients (core/client). What an application did is recorded by the history, not here. */
type ClientEvent =
  | { readonly type: 'producer-id-acquired'; readonly producerId: number; readonly producerEpoch: number }
  | {
      readonly type: 'producer-epoch-bumped';
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly reason: string;
    }
  /**
   * A batch that was sent before, and whose fate is unknown, has another place in the sequence of its partition since the epoch was raised: if
   * an earlier attempt was appended, the broker can't know the next one for the same.
   */
  | {
      readonly type: 'producer-batch-renumbered';
      readonly partition: string;
      readonly producerId: number;
      readonly fromEpoch: number;
      readonly fromSequence: number;
      readonly producerEpoch: number;
      readonly baseSequence: number;
      /** Why the partition's sequence began anew: another of its batches was refused for good, or the broker found a gap. */
      readonly because: 'batch-failed' | 'sequence-lost';
    }
  | {
      readonly type: 'producer-batch-sent';
      readonly partition: string;
      readonly attempt: number;
      /** -1 without idempotence, as epoch and sequence. */
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly baseSequence: number;
      readonly records: number;
    }
  | { readonly type: 'producer-batch-retried'; readonly partition: string; readonly error: number; readonly baseSequence: number }
  | {
      readonly type: 'producer-batch-completed';
      readonly partition: string;
      /** How often it was sent. */
      readonly attempts: number;
      /** -1 without idempotence. */
      readonly producerId: number;
      readonly records: number;
      readonly baseSequence: number;
      readonly producerEpoch: number;
      readonly offset: number;
      readonly error: number;
    }
  | {
      readonly type: 'consumer-position-reset';
      readonly partition: string;
      readonly from: number;
      /** Of the record before the position, -1: unknown (a committed offset need not tell it). */
      readonly offsetEpoch: number;
      /** Of the leader that was asked for what is at the position, -1: nobody was. */
      readonly leaderEpoch: number;
      readonly to: number;
      readonly reason: 'no-committed-offset' | 'out-of-range' | 'truncation';
    }
  /** Somebody told the client of this epoch when it had no metadata of the partition yet. */
  | { readonly type: 'leader-epoch-not-learned'; readonly partition: string; readonly leaderEpoch: number }
  | {
      readonly type: 'consumer-truncation-detected';
      readonly partition: string;
      readonly position: number;
      /** Of the record before the position, as it was asked about; -1: unknown. */
      readonly offsetEpoch: number;
      /** Of the leader that was asked, as the consumer's metadata had it; -1: unknown. */
      readonly leaderEpoch: number;
      readonly divergentOffset: number;
    }
  | {
      readonly type: 'consumer-rebalanced';
      readonly group: string;
      readonly generation: number;
      readonly member: string;
      readonly partitions: readonly string[];
    }
  /**
   * An attempt at a commit ended in a way that leaves open whether it was, or will be, applied. Whether the same commit is tried
   * again or not, this attempt may be applied at any later time.
   */
  | {
      readonly type: 'consumer-commit-unanswered';
      readonly group: string;
      readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
    }
  /** A static leader is back, and what its earlier life assigned stays (KIP-814). */
  | { readonly type: 'consumer-kept-assignment'; readonly group: string; readonly generation: number }
  | {
      readonly type: 'consumer-lost-partitions';
      readonly group: string;
      readonly partitions: readonly string[];
      readonly reason: string;
    };

/** Who clients are (core/security). Nothing here tells a password or a key. */
type SecurityEvent =
  /** `by`: SSL, or the SASL mechanism. */
  | { readonly type: 'connection-authenticated'; readonly connection: string; readonly principal: string; readonly by: string }
  | { readonly type: 'authentication-failed'; readonly connection: string; readonly reason: string };

/** A rare state worth reaching (TigerBeetle's marks, Antithesis' sometimes): a campaign counts each name. */
interface MarkEvent {
  readonly type: 'mark';
  readonly name: CoreMark;
}

export type TraceEvent =
  | LogEvent
  | ReplicationEvent
  | QuorumEvent
  | MetadataEvent
  | BrokerEvent
  | GroupEvent
  | ClientEvent
  | SecurityEvent
  | MarkEvent;

export type TraceEventType = TraceEvent['type'];
export type TraceEventOf<T extends TraceEventType> = Extract<TraceEvent, { type: T }>;
