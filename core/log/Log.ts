import type { Environment } from '../environment.ts';
import type {
  AbortedTransaction, ActiveProducer, AppendError, AppendOrigin, EpochEntry, FlushCallback, LogAppendInfo, LogConfig, LogOptions, LogReadInfo, LogReadOptions, LogStartReason, TimestampAndOffset,
} from './types.ts';
export * from './types.ts';
export declare class Log {
  static load(env: Environment, options: LogOptions): Log;
  readonly partition: string;
  readonly directory: string;
  config: LogConfig;
  get topicId(): string | null;
  get logStartOffset(): number;
  get logEndOffset(): number;
  get visibleEndOffset(): number;
  get flushedEndOffset(): number;
  get highWatermark(): number;
  get lastStableOffset(): number;
  get recoveryPoint(): number;
  get latestEpoch(): number | null;
  get sizeInBytes(): number;
  get isOffline(): boolean;
  onVisibleEndAdvanced: (() => void) | null;
  assignTopicId(topicId: string): void;
  appendAsLeader(batches: Uint8Array, leaderEpoch: number, options?: { origin?: AppendOrigin }): LogAppendInfo | AppendError;
  appendAsFollower(batches: Uint8Array): LogAppendInfo | AppendError;
  read(startOffset: number, options: LogReadOptions): LogReadInfo | 'out-of-range';
  abortedTransactions(startOffset: number, endOffset: number): AbortedTransaction[];
  updateHighWatermark(offset: number): number;
  truncateTo(offset: number, reason: string): boolean;
  truncateFullyAndStartAt(offset: number, reason: string): void;
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | null;
  epochForOffset(offset: number): number | null;
  epochEntries(): readonly EpochEntry[];
  assignEpochStart(epoch: number, startOffset: number): void;
  offsetForTimestamp(timestamp: number): TimestampAndOffset | null;
  maxTimestampOffset(): TimestampAndOffset | null;
  maybeIncrementLogStartOffset(offset: number, reason: LogStartReason): boolean;
  deleteOldSegments(): number;
  roll(): void;
  flush(upTo: number, done: FlushCallback): void;
  activeProducers(): ActiveProducer[];
  markOffline(): void;
  close(): void;
  delete(): void;
}
