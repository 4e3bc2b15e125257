/** What callers of the ReplicaManager hand in and get back. */
import type { AbortedTransaction, ReadBound } from '../log/types.ts';
import type { VerificationGuard } from '../log/verification.ts';
import { type BrokerEpoch, type BrokerId, type LeaderEpoch, NONE, type Offset } from '../protocol/numbers.ts';
import type { TopicPartitionKey } from '../protocol/partition.ts';
import type { TransactionSupport } from './transaction-support.ts';

export const NO_LEADER = -1;

export interface AppendEntry {
  readonly topic: string;
  readonly partition: number;
  /** If given it must be the hosted topic's id (UNKNOWN_TOPIC_ID). */
  readonly topicId?: string;
  /** Whole record batches v2. */
  readonly records: Uint8Array;
  /** The append is refused, and its completion fails, in any other leader epoch (NOT_LEADER_OR_FOLLOWER). For coordinators. */
  readonly expectedLeaderEpoch?: LeaderEpoch;
  /** What the coordinator's answer about a transactional batch was asked with; see ReplicaManager.verifyTransaction. */
  readonly verificationGuard?: VerificationGuard | null;
}

export interface AppendOptions {
  /** How long an acks=-1 append may wait for the high watermark. */
  readonly timeoutMs: number;
  readonly requiredAcks: number;
  /** A 'client' may not write to internal topics. */
  readonly origin: 'client' | 'coordinator';
  /** Of transactions' markers, which are appended with nothing else: the `transaction.version` that they were decided under. */
  readonly transactionVersion?: number;
  readonly entries: readonly AppendEntry[];
  /** Results in the order of the entries. May be called before `append` returns. */
  readonly done: (results: readonly AppendResult[]) => void;
}

/** A client's append. What is transactional in it is of one producer and epoch. */
export interface ProduceOptions extends Omit<AppendOptions, 'origin' | 'transactionVersion'> {
  readonly transactionalId: string | null;
  readonly support: TransactionSupport;
}

/** A transaction that is about to write to a partition. */
export interface WritingTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly support: TransactionSupport;
}

/** May a transaction write to a partition? The guard is to be handed in with the append; null: none is needed. */
export interface VerifiedPartition {
  readonly error: number;
  readonly guard: VerificationGuard | null;
}

export interface AppendResult {
  /** A Kafka error code, 0 for success. */
  readonly error: number;
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly logAppendTimeMs: number;
  readonly logStartOffset: Offset;
  readonly recordErrors?: readonly { readonly batchIndex: number; readonly message: string }[];
  readonly message?: string;
}

/** Who fetches, and how much. */
export interface FetchParams {
  /** The follower's broker id; -1 for a consumer. */
  readonly replicaId: BrokerId;
  /** The follower's broker epoch; -1 if the request has none (before version 15). */
  readonly replicaEpoch: BrokerEpoch;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolation: ReadBound;
  /** KIP-392: where a consumer is; null for followers and for consumers too old (before version 11) to fetch from followers. */
  readonly client: { readonly rackId: string; readonly listener: string } | null;
}

/** One partition of a fetch request, decoded. Epochs are -1 if not given. */
export interface FetchPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** The interned `topic-partition`. */
  readonly key: TopicPartitionKey;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: LeaderEpoch;
  readonly logStartOffset: Offset;
  readonly maxBytes: number;
}

/** What reading one partition gave. Offsets are -1 after an error. */
export interface FetchPartitionResult {
  readonly error: number;
  readonly records: Uint8Array;
  /** After the last record in `records`. */
  readonly endOffset: Offset;
  readonly highWatermark: Offset;
  readonly lastStableOffset: Offset;
  readonly logStartOffset: Offset;
  readonly divergingEpoch: { readonly epoch: LeaderEpoch; readonly endOffset: Offset } | null;
  /** -1: none. */
  readonly preferredReadReplica: BrokerId;
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  /** It asked for the very end of what it may read. */
  readonly isNothingNew: boolean;
}

export const NO_RECORDS = new Uint8Array(0);

export function failedFetch(error: number): FetchPartitionResult {
  return {
    error,
    records: NO_RECORDS,
    endOffset: NONE,
    highWatermark: NONE,
    lastStableOffset: NONE,
    logStartOffset: NONE,
    divergingEpoch: null,
    preferredReadReplica: NONE,
    abortedTransactions: null,
    isNothingNew: false,
  };
}

/** `minIsr`: min.insync.replicas of a topic. */
export interface TopicSettings {
  readonly 'min.insync.replicas': number;
}

export function isInternalTopic(topic: string): boolean {
  return topic === '__consumer_offsets' || topic === '__transaction_state';
}
