/**
 * One partition's log (Kafka's UnifiedLog): segments, leader epochs, producer state, the offsets that bound it. Here it is put
 * together; appends, look-ups, truncation, retention and flushing have their own files, over the same parts. Longer than most
 * files because it is the whole interface of a log, with what each call promises.
 *
 * Offsets: logStartOffset ≤ lastStableOffset ≤ highWatermark ≤ logEndOffset, and visibleEndOffset ≤ logEndOffset. Replication
 * must use visibleEndOffset wherever Kafka uses the log's end for what was *appended* (acks, fetches, a follower's next fetch
 * offset): with flush.messages set, records that a flush is due for count only when they are durable.
 *
 * A disk error takes the log offline for good: the failed call and every later one end with KAFKA_STORAGE_ERROR (appends
 * return it, the others throw StorageError), and `onStorageFailure` is told once.
 */
import { lesser } from '../../ports/brand.ts';
import { DiskError } from '../../ports/disk.ts';
import { invariant } from '../../ports/invariant.ts';
import type { Environment } from '../environment.ts';
import { type LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import { formatEpochs } from './checkpoints.ts';
import { type CleaningOptions, LogCleaning } from './cleaner/log-cleaning.ts';
import { type LogToClean, logToClean } from './cleaner/log-to-clean.ts';
import { EpochCache } from './epoch-cache.ts';
import { EpochCheckpoint } from './epoch-checkpoint.ts';
import { FlushSource } from './flush-source.ts';
import { Flusher } from './flusher.ts';
import { LogAppender } from './log-appender.ts';
import type { LogContext } from './log-context.ts';
import { LogOffsets } from './log-offsets.ts';
import { LogReader } from './log-reader.ts';
import { LogRetention } from './log-retention.ts';
import { LogSegments } from './log-segments.ts';
import { LogTruncation } from './log-truncation.ts';
import { PartitionMetadata } from './partition-metadata.ts';
import { ProducerExpiry } from './producer-expiry.ts';
import { rebuildProducerState } from './producer-recovery.ts';
import { ProducerSnapshots } from './producer-snapshots.ts';
import { ProducerState, tellProducers } from './producer-state.ts';
import { type LoadedSegments, loadSegments, reconcileEpochs } from './recovery.ts';
import { SegmentRoller } from './segment-roller.ts';
import { StorageGuard } from './storage-guard.ts';
import type { VerificationGuard } from './verification.ts';
import type {
  AbortedTransaction,
  ActiveProducer,
  AppendError,
  EpochEntry,
  FlushCallback,
  LeaderAppendOptions,
  LogAppendInfo,
  LogConfig,
  LogOptions,
  LogReadInfo,
  LogReadOptions,
  LogStartReason,
  OpenTransaction,
  ReadBound,
  TimestampAndOffset,
} from './types.ts';

export * from './types.ts';

const oneDayMs = (): number => 24 * 3600 * 1000;
/** For the markers of a transaction that ran out of time to arrive (ProducerStateManager.LATE_TRANSACTION_BUFFER_MS). */
const LATE_TRANSACTION_BUFFER_MS = 5 * 60_000;
const always = (): boolean => true;

export class Log {
  readonly topicPartition: TopicPartition;
  /** Its key. */
  readonly partition: TopicPartitionKey;
  readonly directory: string;
  /** Called when visibleEndOffset moved without an append, because a due flush ended. */
  onVisibleEndAdvanced: (() => void) | null = null;
  /** Called when the log was cut, and the recovery point may have gone down with it, so that checkpoints are written at once. */
  onCut: (() => void) | null = null;
  readonly #context: LogContext;
  readonly #storage: StorageGuard;
  readonly #offsets: LogOffsets;
  readonly #segments: LogSegments;
  readonly #producers = new ProducerState();
  readonly #snapshots: ProducerSnapshots;
  readonly #producerExpiry: ProducerExpiry;
  readonly #epochs: EpochCache;
  readonly #epochCheckpoint: EpochCheckpoint;
  readonly #metadata: PartitionMetadata;
  readonly #flusher: Flusher;
  readonly #roller: SegmentRoller;
  readonly #appender: LogAppender;
  readonly #reader: LogReader;
  readonly #truncation: LogTruncation;
  readonly #retention: LogRetention;
  /** Under way. */
  #cleaning: LogCleaning | null = null;

  /** Opens a log, recovering it as far as needed. A directory that does not exist becomes an empty log. Throws DiskError. */
  static load(env: Environment, options: LogOptions): Log {
    return new Log(env, options);
  }

  private constructor(env: Environment, options: LogOptions) {
    const { topicPartition, directory, config } = options;
    const partition = topicPartitionKey(topicPartition.topic, topicPartition.partition);
    this.topicPartition = topicPartition;
    this.partition = partition;
    this.directory = directory;
    const storage = new StorageGuard(directory, () => this.#release(), options.onStorageFailure);
    const producerExpirationMs = options.producerIdExpirationMs ?? oneDayMs;
    const isVerificationEnabled = options.isVerificationEnabled ?? always;
    const context: LogContext = { env, partition, directory, storage, producerExpirationMs, isVerificationEnabled, config };
    this.#storage = storage;
    this.#context = context;
    const isNew = !env.disk.exists(directory);
    env.disk.makeDirectory(directory);
    this.#metadata = new PartitionMetadata(context, options.topicId);

    const segments = new LogSegments(context, isNew || !options.hadCleanShutdown);
    const loaded = loadSegments(env, options, (baseOffset) => segments.open(baseOffset));
    segments.push(...loaded.segments);
    const producers = this.#producers;
    const offsets = new LogOffsets(producers, loaded.logStartOffset, loaded.logEndOffset);
    this.#segments = segments;
    this.#offsets = offsets;

    this.#epochCheckpoint = new EpochCheckpoint(context);
    const epochs = this.#loadEpochs(loaded);
    this.#epochs = epochs;
    const snapshots = new ProducerSnapshots(env.disk, directory, loaded.names);
    this.#snapshots = snapshots;
    const { logEndOffset: upTo, trustedSnapshotOffset, txnIndexFrom } = loaded;
    rebuildProducerState(context, producers, snapshots, segments.all, { upTo, trustedSnapshotOffset, txnIndexFrom });
    producers.onHighWatermark(offsets.highWatermark);

    const recoveryPoint = options.hadCleanShutdown ? loaded.logEndOffset : recoveredFrom(loaded, options.recoveryPoint);
    const source = new FlushSource(context, { metadata: this.#metadata, offsets, segments, snapshots }, () =>
      this.onVisibleEndAdvanced?.(),
    );
    const flusher = new Flusher(env, source, recoveryPoint);
    const roller = new SegmentRoller(context, segments, producers, snapshots, flusher);
    const onCut = (): void => this.onCut?.();
    this.#flusher = flusher;
    this.#roller = roller;
    this.#appender = new LogAppender(context, { offsets, segments, epochs, producers, roller, flusher });
    this.#reader = new LogReader(context, offsets, segments, flusher);
    this.#truncation = new LogTruncation(context, {
      offsets,
      segments,
      epochs,
      producers,
      snapshots,
      flusher,
      abortCleaning: () => this.#cleaning?.abort(),
      onCut,
    });
    this.#retention = new LogRetention(context, { offsets, segments, epochs, producers, snapshots, roller });
    this.#producerExpiry = new ProducerExpiry(context, producers, options.producerIdExpirationCheckMs);
    this.#traceLoaded(loaded, recoveryPoint, options.hadCleanShutdown);
    tellProducers(context, 'load', producers, upTo);
  }

  /** Effective topic configs; may be replaced at any time. */
  get config(): LogConfig {
    return this.#context.config;
  }

  set config(config: LogConfig) {
    this.#context.config = config;
  }

  /** Null if partition.metadata is absent or unreadable: then nobody knows whose records these are. */
  get topicId(): string | null {
    return this.#metadata.topicId;
  }

  get logStartOffset(): Offset {
    return this.#offsets.logStartOffset;
  }

  get logEndOffset(): Offset {
    return this.#offsets.logEndOffset;
  }

  /** The end of what counts for replication: the log's end, or the first record that waits for a due flush. */
  get visibleEndOffset(): Offset {
    return this.#flusher.visibleEnd;
  }

  /** Everything below is durable. */
  get flushedEndOffset(): Offset {
    return this.#flusher.recoveryPoint;
  }

  get highWatermark(): Offset {
    return this.#offsets.highWatermark;
  }

  /** Where the oldest undecided transaction begins, at most the high watermark. */
  get lastStableOffset(): Offset {
    return this.#offsets.lastStableOffset;
  }

  get recoveryPoint(): Offset {
    return this.#flusher.recoveryPoint;
  }

  get latestEpoch(): LeaderEpoch | null {
    return this.#epochs.latestEpoch;
  }

  get sizeInBytes(): number {
    return this.#segments.sizeInBytes;
  }

  get segmentCount(): number {
    return this.#segments.all.length;
  }

  get activeSegmentBaseOffset(): Offset {
    return this.#segments.active.baseOffset;
  }

  get firstSegmentBaseOffset(): Offset {
    return this.#segments.firstBaseOffset;
  }

  get lastFlushMs(): number {
    return this.#flusher.lastFlushMs;
  }

  get isOffline(): boolean {
    return this.#storage.isOffline;
  }

  /** False once it is closed, or offline after a disk error. */
  get isReadable(): boolean {
    return this.#storage.isOpen;
  }

  get producerState(): ProducerState {
    return this.#producers;
  }

  /**
   * Validates batches, gives them offsets and the leader's epoch (one copy) and appends them. The origin `raft-leader` has
   * done that itself; its batches are kept by reference. An error leaves the log as it was.
   */
  appendAsLeader(batches: Uint8Array, leaderEpoch: LeaderEpoch, options: LeaderAppendOptions = {}): LogAppendInfo | AppendError {
    return this.#appender.appendAsLeader(batches, leaderEpoch, options);
  }

  /**
   * Begins to verify a producer's transaction (KIP-890): a guard to append its first batch here with, once its coordinator knows that this
   * partition takes part. Null: the transaction is open here already, and nobody need be asked. INVALID_PRODUCER_EPOCH if its epoch is over.
   */
  startVerification(
    producerId: number,
    producerEpoch: number,
    sequence: number,
    supportsEpochBump: boolean,
  ): VerificationGuard | AppendError | null {
    const nowMs = this.#context.env.clock.wallMs();
    return this.#producers.startVerification(producerId, producerEpoch, sequence, supportsEpochBump, nowMs);
  }

  /** Appends what a leader sent, by reference. Offsets must continue the log. */
  appendAsFollower(batches: Uint8Array): LogAppendInfo | AppendError {
    return this.#appender.appendAsFollower(batches);
  }

  /**
   * Whole batches from the one that holds `startOffset`, of one segment. 'out-of-range': below the log start or above the
   * end. At or above the bound nothing is returned. Throws StorageError.
   */
  read(startOffset: Offset, options: LogReadOptions): LogReadInfo | 'out-of-range' {
    return this.#reader.read(startOffset, options);
  }

  /** Where a read with this bound ends. */
  readableEnd(bound: ReadBound): Offset {
    return this.#reader.readableEnd(bound);
  }

  /** Aborted transactions that overlap a read of [startOffset, endOffset), by their markers (for read_committed), and perhaps some behind it. */
  abortedTransactions(startOffset: Offset, endOffset: Offset): AbortedTransaction[] {
    return this.#reader.abortedTransactions(startOffset, endOffset);
  }

  /** Sets the high watermark, clipped to [logStartOffset, logEndOffset]; returns the new value. */
  updateHighWatermark(offset: Offset): Offset {
    return this.#offsets.updateHighWatermark(offset);
  }

  /** Removes `offset` and everything above. False if the log ends before. The high watermark follows. */
  truncateTo(offset: Offset, reason: string): boolean {
    return this.#truncation.truncateTo(offset, reason);
  }

  /** Removes everything; the log is empty and begins at `offset`. */
  truncateFullyAndStartAt(offset: Offset, reason: string): void {
    this.#truncation.truncateFullyAndStartAt(offset, reason);
  }

  /** The largest epoch ≤ `epoch` in this log and where it ends; null if unknown (OffsetForLeaderEpoch). */
  endOffsetForEpoch(epoch: LeaderEpoch): { epoch: LeaderEpoch; endOffset: Offset } | null {
    return this.#epochs.endOffsetFor(epoch, this.#offsets.logEndOffset);
  }

  /** The epoch of the record at `offset`. */
  epochForOffset(offset: Offset): LeaderEpoch | null {
    return this.#epochs.epochForOffset(offset);
  }

  epochEntries(): readonly EpochEntry[] {
    return this.#epochs.entries;
  }

  /** A leader does this with its own epoch and the log's end when it is elected (KAFKA-7415). */
  assignEpochStart(epoch: LeaderEpoch, startOffset: Offset): void {
    this.#storage.ensureOnline();
    this.#storage.run(() => this.#appender.assignEpoch(epoch, startOffset));
  }

  /** First record with a timestamp ≥ `timestamp`, up to the log's end (the caller bounds it); null if there is none. */
  offsetForTimestamp(timestamp: number): TimestampAndOffset | null {
    return this.#reader.offsetForTimestamp(timestamp);
  }

  /** The record with the largest timestamp (ListOffsets -3); null if the log is empty. */
  maxTimestampOffset(): TimestampAndOffset | null {
    return this.#reader.maxTimestampOffset();
  }

  /** Moves the log start up. Throws LogOffsetError if it would pass the high watermark. */
  maybeIncrementLogStartOffset(offset: Offset, reason: LogStartReason): boolean {
    return this.#retention.maybeIncrementLogStartOffset(offset, reason);
  }

  /** Deletes whole old segments by log start, size and age (in this order); returns how many. */
  deleteOldSegments(): number {
    return this.#retention.deleteOldSegments();
  }

  /** What there is to clean; `checkpointed`: up to where the log is known to be clean, null if nothing is known. */
  toClean(checkpointed: Offset | null): LogToClean {
    return logToClean(this.#segments, this.#offsets, this.config, checkpointed, this.#context.env.clock.wallMs());
  }

  /** Begins to clean a part of the log. There is at most one cleaning at a time; segments are not deleted meanwhile. */
  clean(range: LogToClean, options: CleaningOptions): void {
    invariant(this.#cleaning === null, () => `${this.partition} is being cleaned already`);
    const targets = { segments: this.#segments, producers: this.#producers, snapshots: this.#snapshots };
    this.#cleaning = new LogCleaning(this.#context, targets, range, {
      ...options,
      done: (result) => {
        this.#cleaning = null;
        options.done(result);
      },
    });
  }

  /** Ends a cleaning that is under way; nothing stays of a copy that has not taken its place. */
  abortCleaning(): void {
    if (this.#storage.isOpen) this.#storage.runQuietly(() => this.#cleaning?.abort());
  }

  get isBeingCleaned(): boolean {
    return this.#cleaning !== null;
  }

  /** Starts a new segment, unless the active one is empty; the old one is flushed. */
  roll(): void {
    this.#storage.ensureOnline();
    this.#storage.run(() => this.#roller.roll(this.#offsets.logEndOffset));
  }

  /** Syncs the log; `done` is called in a later event when everything below `upTo` is durable (or truncated). Concurrent calls share syncs. */
  flush(upTo: Offset, done: FlushCallback): void {
    if (!this.#storage.isOpen) {
      this.#context.env.timers.after(0, () => done(new DiskError('EIO', this.directory, 'flush')));
      return;
    }
    this.#storage.runQuietly(() => this.#flusher.request(upTo, done));
  }

  activeProducers(): ActiveProducer[] {
    return this.#producers.activeProducers();
  }

  /** By where they begin. */
  openTransactions(): OpenTransaction[] {
    return this.#producers.openTransactions();
  }

  /** Has nobody written to the oldest open transaction for so long that its coordinator should have ended it? It hangs, then. */
  hasLateTransaction(maxTimeoutMs: number): boolean {
    const lastMs = this.#producers.oldestTransactionTimestamp;
    return lastMs > 0 && this.#context.env.clock.wallMs() - lastMs > maxTimeoutMs + LATE_TRANSACTION_BUFFER_MS;
  }

  /** Writes a producer snapshot at the end of the log, for a clean shutdown. */
  takeProducerSnapshot(): void {
    this.#storage.ensureOnline();
    this.#storage.run(() => {
      if (this.#snapshots.take(this.#offsets.logEndOffset, this.#producers.entries())) {
        this.#segments.markDirectoryDirty();
        tellProducers(this.#context, 'snapshot', this.#producers, this.#offsets.logEndOffset);
      }
      this.#segments.active.becomeInactive();
    });
  }

  /** The directory failed elsewhere: nothing of this log is usable any more. */
  markOffline(): void {
    this.#storage.shut('offline');
  }

  /** Releases the files. Nothing is written or called back any more. */
  close(): void {
    this.#storage.shut('closed');
  }

  /** Removes all files of the log now. */
  delete(): void {
    this.close();
    this.#context.env.disk.remove(this.directory);
  }

  /** The epochs of the checkpoint as far as the log bears them out. */
  #loadEpochs({ headers, logStartOffset, logEndOffset }: LoadedSegments): EpochCache {
    const checkpoint = this.#epochCheckpoint;
    const stored = checkpoint.read();
    const entries = reconcileEpochs(headers, stored, logStartOffset, logEndOffset);
    const epochs = new EpochCache(entries, () => checkpoint.write(epochs.entries));
    if (formatEpochs(entries) !== formatEpochs(stored)) checkpoint.write(entries);
    return epochs;
  }

  #traceLoaded(loaded: LoadedSegments, recoveryPoint: Offset, clean: boolean): void {
    this.#context.env.tracer.emit({
      type: 'log-loaded',
      partition: this.partition,
      topicId: this.topicId ?? '',
      logStartOffset: this.logStartOffset,
      logEndOffset: this.logEndOffset,
      recoveryPoint,
      clean,
      batches: loaded.headers.map(({ baseOffset, lastOffset, leaderEpoch, crc }) => ({
        baseOffset,
        lastOffset,
        leaderEpoch,
        crc,
      })),
      // A copy: the cache changes, the trace does not.
      epochs: [...this.#epochs.entries],
    });
  }

  /** The log's use has ended. */
  #release(): void {
    this.#cleaning?.close();
    this.#producerExpiry.close();
    this.#flusher.close();
    this.#epochCheckpoint.close();
    this.onVisibleEndAdvanced = null;
    this.onCut = null;
    this.#snapshots.close();
    this.#segments.close();
  }
}

/**
 * The recovery point after an unclean stop: where the segment begins that holds the one that was written down, for that segment has
 * been checked anew from its beginning. The written one may be too high: a truncation lowers it, and the crash can come before
 * that is written (in Kafka the truncation itself waits for it) while new records fill what was cut.
 */
function recoveredFrom({ segments, logEndOffset }: LoadedSegments, writtenDown: Offset): Offset {
  const point = lesser(writtenDown, logEndOffset);
  let base = Offset(0);
  for (const segment of segments) if (segment.baseOffset <= point) base = segment.baseOffset;
  return lesser(base, point);
}
