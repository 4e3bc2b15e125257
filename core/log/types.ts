/** The shapes that a log takes and gives. */
import type { DiskError } from '../../ports/disk.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { TopicPartition } from '../protocol/partition.ts';
import type { VerificationGuard } from './verification.ts';

/** The topic configs that a log reads, by Kafka's names, with effective values (topic override, else broker default). */
export interface LogConfig {
  readonly 'segment.bytes': number;
  /** Instead of it; null: there is none. */
  readonly 'internal.segment.bytes': number | null;
  readonly 'max.decompressed.message.bytes': number;
  readonly 'segment.ms': number;
  readonly 'segment.jitter.ms': number;
  readonly 'segment.index.bytes': number;
  readonly 'index.interval.bytes': number;
  readonly 'max.message.bytes': number;
  readonly 'message.timestamp.type': string;
  readonly 'message.timestamp.before.max.ms': number;
  readonly 'message.timestamp.after.max.ms': number;
  readonly 'retention.ms': number;
  readonly 'retention.bytes': number;
  readonly 'flush.messages': number;
  readonly 'flush.ms': number;
  readonly 'file.delete.delay.ms': number;
  readonly 'cleanup.policy': string | readonly string[];
  readonly 'delete.retention.ms': number;
  readonly 'min.cleanable.dirty.ratio': number;
  readonly 'min.compaction.lag.ms': number;
  readonly 'max.compaction.lag.ms': number;
  /** `producer`: as they come. */
  readonly 'compression.type': 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer';
}

/** Kafka's defaults. */
export const DEFAULT_LOG_CONFIG: LogConfig = {
  'segment.bytes': 1024 * 1024 * 1024,
  'internal.segment.bytes': null,
  'max.decompressed.message.bytes': 2 ** 31 - 9,
  'segment.ms': 7 * 24 * 3600 * 1000,
  'segment.jitter.ms': 0,
  'segment.index.bytes': 10 * 1024 * 1024,
  'index.interval.bytes': 4096,
  'max.message.bytes': 1024 * 1024 + 12,
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.before.max.ms': Number.MAX_SAFE_INTEGER,
  'message.timestamp.after.max.ms': 3600 * 1000,
  'retention.ms': 7 * 24 * 3600 * 1000,
  'retention.bytes': -1,
  'flush.messages': Number.MAX_SAFE_INTEGER,
  'flush.ms': Number.MAX_SAFE_INTEGER,
  'file.delete.delay.ms': 60_000,
  'cleanup.policy': 'delete',
  'delete.retention.ms': 24 * 3600 * 1000,
  'min.cleanable.dirty.ratio': 0.5,
  'min.compaction.lag.ms': 0,
  'max.compaction.lag.ms': Number.MAX_SAFE_INTEGER,
  'compression.type': 'producer',
};

/** The size at which a new segment begins. */
export function segmentBytes(config: Pick<LogConfig, 'segment.bytes' | 'internal.segment.bytes'>): number {
  return config['internal.segment.bytes'] ?? config['segment.bytes'];
}

/** Who appends: a producer, a coordinator of this broker, the quorum's leader (offsets already set), or a follower. */
export type AppendOrigin = 'client' | 'coordinator' | 'raft-leader' | 'replication';

/** What a leader appends for whom. */
export interface LeaderAppendOptions {
  /** Default: 'client'. */
  readonly origin?: AppendOrigin | undefined;
  /** What a transactional append was verified with; see Log.startVerification. */
  readonly verificationGuard?: VerificationGuard | null | undefined;
  /** `transaction.version` of a transaction's marker: without it no marker is appended. */
  readonly transactionVersion?: number | undefined;
}

/** What an append did. For a duplicate nothing was appended and the offsets are those of the batch already there. */
export interface LogAppendInfo {
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
  readonly leaderEpoch: LeaderEpoch;
  readonly maxTimestamp: number;
  readonly logStartOffset: Offset;
  /** -1 unless message.timestamp.type is LogAppendTime. */
  readonly logAppendTimeMs: number;
  readonly recordCount: number;
  readonly sizeBytes: number;
  readonly duplicateOf?: { readonly offset: Offset; readonly lastOffset: Offset; readonly timestamp: number };
}

/** A refused append: a Kafka error code and a sentence; `recordErrors` as in ProduceResponse (KIP-467). */
export interface AppendError {
  readonly error: number;
  readonly message: string;
  readonly recordErrors?: readonly { readonly batchIndex: number; readonly message: string }[];
}

export function isAppendError(result: LogAppendInfo | AppendError): result is AppendError {
  return 'error' in result;
}

export type ReadBound = 'log-end' | 'high-watermark' | 'last-stable';

export interface LogReadOptions {
  readonly maxBytes: number;
  /** Return the first batch even if it is larger than maxBytes (KIP-74). */
  readonly minOneMessage: boolean;
  readonly upperBound: ReadBound;
}

/** A consistent view: the records and all offsets are of one moment. */
export interface LogReadInfo {
  /** Whole batches; the first may begin below startOffset. */
  readonly records: Uint8Array;
  readonly startOffset: Offset;
  /** After the last record read; startOffset if nothing was. */
  readonly endOffset: Offset;
  readonly highWatermark: Offset;
  readonly lastStableOffset: Offset;
  readonly logStartOffset: Offset;
  /** The visible end: what replication may serve (see Log.visibleEndOffset). */
  readonly logEndOffset: Offset;
}

export interface TimestampAndOffset {
  readonly offset: Offset;
  readonly timestamp: number;
  readonly leaderEpoch: LeaderEpoch | null;
}

export interface EpochEntry {
  readonly epoch: LeaderEpoch;
  readonly startOffset: Offset;
}

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: Offset;
}

/** One producer as DescribeProducers shows it. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  readonly currentTxnStartOffset: Offset;
}

export interface OpenTransaction {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** May lie below the log's start, which has moved up since. */
  readonly firstOffset: Offset;
  /** Of its last batch. */
  readonly lastTimestamp: number;
}

export type FlushCallback = (error: DiskError | null) => void;
export type LogStartReason = 'retention' | 'delete-records' | 'leader' | 'snapshot';

export interface LogOptions {
  /** The log's own directory, e.g. `data/orders-0`. */
  readonly directory: string;
  readonly topicPartition: TopicPartition;
  /** Whose log it is if its partition.metadata does not say. */
  readonly topicId: string | null;
  readonly config: LogConfig;
  /** From recovery-point-offset-checkpoint; 0 if unknown. */
  readonly recoveryPoint: Offset;
  /** From log-start-offset-checkpoint; 0 if unknown. */
  readonly logStartOffset: Offset;
  readonly hadCleanShutdown: boolean;
  /** A cleaner has been at it, whatever its cleanup.policy is now. Default: false. */
  readonly isCompacted?: boolean;
  /** producer.id.expiration.ms; one day. */
  readonly producerIdExpirationMs?: () => number;
  /** producer.id.expiration.check.interval.ms; ten minutes. */
  readonly producerIdExpirationCheckMs?: number;
  /** transaction.partition.verification.enable; absent: it is. */
  readonly isVerificationEnabled?: () => boolean;
  /** A disk error happened: the log is offline from now on, and so should be all of its directory. */
  readonly onStorageFailure?: (error: DiskError) => void;
}

/** The log's directory is offline (Kafka's KafkaStorageException, error 56). */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly error = ErrorCode.KAFKA_STORAGE_ERROR;
}

/** An offset that the log can't take (Kafka's OffsetOutOfRangeException, error 1). */
export class LogOffsetError extends Error {
  override readonly name = 'LogOffsetError';
  readonly error = ErrorCode.OFFSET_OUT_OF_RANGE;
}
