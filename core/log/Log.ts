/**
 * One partition's log (Kafka's UnifiedLog): segments, leader epochs, producer state, the offsets that bound it. Longer than
 * most files because every operation keeps these in step; each part has its own file.
 *
 * Offsets: logStartOffset ≤ lastStableOffset ≤ highWatermark ≤ logEndOffset, and visibleEndOffset ≤ logEndOffset. Replication
 * must use visibleEndOffset wherever Kafka uses the log's end for what was *appended* (acks, fetches, a follower's next fetch
 * offset): with flush.messages set, records that a flush is due for count only when they are durable.
 *
 * A disk error takes the log offline for good: the failed call and every later one end with KAFKA_STORAGE_ERROR (appends
 * return it, the others throw StorageError), and `onStorageFailure` is told once.
 */
import { DiskError, type DiskFile, type Environment, invariant, type Timer } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type BatchHeader, readBatchHeader, rebaseBatch } from '../protocol/records.ts';
import { hasPolicy, readBatches, type ValidBatches, validateForLeader } from './append-validation.ts';
import { AtomicFile } from './atomic-file.ts';
import { formatEpochs, formatPartitionMetadata, parseEpochs, parsePartitionMetadata } from './checkpoints.ts';
import { readEndTxnMarker } from './control-records.ts';
import { removeLater, renameThenRemove } from './doomed-files.ts';
import { EpochCache } from './epoch-cache.ts';
import { DELETED_SUFFIX, EPOCH_CHECKPOINT, PARTITION_METADATA } from './file-names.ts';
import { type Flushable, Flusher } from './flusher.ts';
import { rebuildProducerState } from './producer-recovery.ts';
import { ProducerSnapshots } from './producer-snapshots.ts';
import { checkProducers } from './producer-check.ts';
import { type ProducerBatch, ProducerState } from './producer-state.ts';
import { loadSegments, reconcileEpochs } from './recovery.ts';
import { Segment } from './segment.ts';
import { firstRecordFrom, readEnd } from './segment-reads.ts';
import { type DeletionReason, expiredSegments } from './retention.ts';
import {
  type AbortedTransaction,
  type ActiveProducer,
  type AppendError,
  type AppendOrigin,
  type EpochEntry,
  type FlushCallback,
  type LogAppendInfo,
  type LogConfig,
  LogOffsetError,
  type LogOptions,
  type LogReadInfo,
  type LogReadOptions,
  type LogStartReason,
  type ReadBound,
  StorageError,
  type TimestampAndOffset,
} from './types.ts';

export * from './types.ts';

const EMPTY = new Uint8Array(0);
const DAY_MS = 24 * 3600 * 1000;

export class Log implements Flushable {
  readonly partition: string;
  readonly directory: string;
  /** Effective topic configs; may be replaced at any time. */
  config: LogConfig;
  /** Called when visibleEndOffset moved without an append, because a due flush ended. */
  onVisibleEndAdvanced: (() => void) | null = null;
  /** Called when the recovery point went down, so that the checkpoint is written at once. */
  onRecoveryPointLowered: (() => void) | null = null;
  readonly #env: Environment;
  readonly #options: LogOptions;
  readonly #segments: Segment[];
  readonly #snapshots: ProducerSnapshots;
  readonly #producers = new ProducerState();
  readonly #epochs: EpochCache;
  readonly #epochFile: AtomicFile;
  readonly #metadataFile: AtomicFile;
  readonly #flusher: Flusher;
  readonly #producerExpirationMs: number;
  #producerExpiryTimer: Timer | null = null;
  #topicId: string | null;
  #logStartOffset: number;
  #logEndOffset: number;
  #highWatermark: number;
  #directoryDirty: boolean;
  #parentDirty: boolean;
  #state: 'open' | 'offline' | 'closed' = 'open';

  /** Opens a log, recovering it as far as needed. A directory that does not exist becomes an empty log. Throws DiskError. */
  static load(env: Environment, options: LogOptions): Log {
    return new Log(env, options);
  }

  private constructor(env: Environment, options: LogOptions) {
    this.#env = env;
    this.#options = options;
    this.partition = options.partition;
    this.directory = options.directory;
    this.config = options.config;
    this.#producerExpirationMs = options.producerIdExpirationMs ?? DAY_MS;
    const isNew = !env.disk.exists(options.directory);
    env.disk.makeDirectory(options.directory);
    this.#directoryDirty = isNew || !options.hadCleanShutdown;
    this.#parentDirty = this.#directoryDirty;

    const loaded = loadSegments(env, options, (baseOffset) => this.#openSegment(baseOffset));
    this.#segments = loaded.segments;
    this.#logStartOffset = loaded.logStartOffset;
    this.#logEndOffset = loaded.logEndOffset;
    this.#highWatermark = loaded.logStartOffset;

    this.#metadataFile = new AtomicFile(env.disk, `${options.directory}/${PARTITION_METADATA}`);
    this.#topicId = parsePartitionMetadata(this.#metadataFile.read()) ?? options.topicId;
    if (isNew && this.#topicId !== null) this.#writeMetadata(this.#topicId);

    this.#epochFile = new AtomicFile(env.disk, `${options.directory}/${EPOCH_CHECKPOINT}`);
    const checkpoint = parseEpochs(this.#epochFile.read()) ?? [];
    const epochs = reconcileEpochs(loaded.headers, checkpoint, loaded.logStartOffset, loaded.logEndOffset);
    this.#epochs = new EpochCache(epochs, () => this.#writeEpochs());
    if (formatEpochs(epochs) !== formatEpochs(checkpoint)) this.#writeEpochs();

    this.#snapshots = new ProducerSnapshots(env.disk, options.directory, loaded.names);
    this.#rebuildProducers(loaded.logEndOffset, loaded.trustedSnapshotOffset, loaded.txnIndexFrom);
    const recoveryPoint = options.hadCleanShutdown ? loaded.logEndOffset : Math.min(options.recoveryPoint, loaded.logEndOffset);
    this.#flusher = new Flusher(env, this, recoveryPoint);
    this.#scheduleProducerExpiry();
    env.tracer.emit({
      type: 'log-loaded',
      partition: this.partition,
      topicId: this.#topicId ?? '',
      logStartOffset: this.#logStartOffset,
      logEndOffset: this.#logEndOffset,
      recoveryPoint,
      clean: options.hadCleanShutdown,
      batches: loaded.headers.map(({ baseOffset, lastOffset, leaderEpoch, crc }) => ({
        baseOffset,
        lastOffset,
        leaderEpoch,
        crc,
      })),
      epochs,
    });
  }

  /** Null only until a leader told it (a log whose partition.metadata was lost). */
  get topicId(): string | null {
    return this.#topicId;
  }

  get logStartOffset(): number {
    return this.#logStartOffset;
  }

  get logEndOffset(): number {
    return this.#logEndOffset;
  }

  /** The end of what counts for replication: the log's end, or the first record that waits for a due flush. */
  get visibleEndOffset(): number {
    return this.#flusher.visibleEnd;
  }

  /** Everything below is durable. */
  get flushedEndOffset(): number {
    return this.#flusher.recoveryPoint;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** Where the oldest undecided transaction begins, at most the high watermark. */
  get lastStableOffset(): number {
    const unstable = this.#producers.firstUnstableOffset;
    if (unstable === null) return this.#highWatermark;
    return Math.min(this.#highWatermark, Math.max(unstable, this.#logStartOffset));
  }

  get recoveryPoint(): number {
    return this.#flusher.recoveryPoint;
  }

  get latestEpoch(): number | null {
    return this.#epochs.latestEpoch;
  }

  get sizeInBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0);
  }

  get segmentCount(): number {
    return this.#segments.length;
  }

  get firstSegmentBaseOffset(): number {
    return (this.#segments[0] as Segment).baseOffset;
  }

  get lastFlushMs(): number {
    return this.#flusher.lastFlushMs;
  }

  get isOffline(): boolean {
    return this.#state === 'offline';
  }

  get producerState(): ProducerState {
    return this.#producers;
  }

  /** @internal for the flusher */
  get activeBaseOffset(): number {
    return this.#active.baseOffset;
  }

  /** Binds the log to a topic id and writes partition.metadata. The id must not change (KIP-516). */
  assignTopicId(topicId: string): void {
    if (this.#topicId === topicId && this.#env.disk.exists(this.#metadataFile.path)) return;
    invariant(
      this.#topicId === null || this.#topicId === topicId,
      () => `${this.partition}: topic id ${this.#topicId} can't become ${topicId}`,
    );
    this.#topicId = topicId;
    this.#guard(() => this.#writeMetadata(topicId));
  }

  /**
   * Validates batches, gives them offsets and the leader's epoch (one copy) and appends them. The origin `raft-leader` has
   * done that itself; its batches are kept by reference. An error leaves the log as it was.
   */
  appendAsLeader(
    batches: Uint8Array,
    leaderEpoch: number,
    options?: { readonly origin?: AppendOrigin },
  ): LogAppendInfo | AppendError {
    const origin = options?.origin ?? 'client';
    if (this.#state !== 'open') return offlineError(this.directory);
    const valid = readBatches(batches);
    if ('error' in valid) return valid;
    if (valid.headers.length === 0) return { error: ErrorCode.INVALID_RECORD, message: 'there is no batch' };
    const nowMs = this.#env.clock.wallMs();
    const refused = validateForLeader(batches, valid, origin, leaderEpoch, this.#logEndOffset, this.config, nowMs);
    if (refused !== null) return refused;
    const answer = checkProducers(
      this.#producers,
      batches,
      valid,
      origin,
      (event) => this.#env.tracer.emit(event),
      this.partition,
    );
    if (answer !== null) return 'error' in answer ? answer : this.#duplicateInfo(answer, leaderEpoch);
    try {
      return this.#appendValid(batches, valid, origin, leaderEpoch, nowMs);
    } catch (error) {
      return this.#storageFailure(error);
    }
  }

  /** Appends what a leader sent, by reference. Offsets must continue the log. */
  appendAsFollower(batches: Uint8Array): LogAppendInfo | AppendError {
    if (this.#state !== 'open') return offlineError(this.directory);
    const valid = readBatches(batches);
    if ('error' in valid) return valid;
    let expected = this.#logEndOffset;
    for (const header of valid.headers) {
      if (header.baseOffset < expected) {
        return {
          error: ErrorCode.OFFSET_OUT_OF_RANGE,
          message: `base offset ${header.baseOffset} is below the next offset ${expected}`,
        };
      }
      expected = header.nextOffset;
    }
    try {
      return this.#appendValid(batches, valid, 'replication', -1, 0);
    } catch (error) {
      return this.#storageFailure(error);
    }
  }

  /**
   * Whole batches from the one that holds `startOffset`, of one segment. 'out-of-range': below the log start or above the
   * end. At or above the bound nothing is returned. Throws StorageError.
   */
  read(startOffset: number, options: LogReadOptions): LogReadInfo | 'out-of-range' {
    if (startOffset < this.#logStartOffset || startOffset > this.#logEndOffset) return 'out-of-range';
    const lastStableOffset = this.lastStableOffset;
    const visibleEnd = this.visibleEndOffset;
    const bound = this.readableEnd(options.upperBound);
    let records: Uint8Array = EMPTY;
    let endOffset = startOffset;
    this.#ensureOnline();
    for (let at = this.#segmentIndex(startOffset); at < this.#segments.length && startOffset < bound; at++) {
      const segment = this.#segments[at] as Segment;
      const from = segment.slotFor(startOffset);
      if (from === segment.batchCount) continue;
      const to = readEnd(segment, from, bound, options);
      if (to > from) {
        records = this.#guard(() => segment.readSlots(from, to));
        endOffset = segment.lastOffsetOf(to - 1) + 1;
      }
      break;
    }
    return {
      records,
      startOffset,
      endOffset,
      highWatermark: this.#highWatermark,
      lastStableOffset,
      logStartOffset: this.#logStartOffset,
      logEndOffset: visibleEnd,
    };
  }

  /** Where a read with this bound ends. */
  readableEnd(bound: ReadBound): number {
    if (bound === 'log-end') return this.#flusher.visibleEnd;
    return bound === 'high-watermark' ? this.#highWatermark : this.lastStableOffset;
  }

  /** False once it is closed, or offline after a disk error. */
  get isReadable(): boolean {
    return this.#state === 'open';
  }

  /** Aborted transactions that overlap [startOffset, endOffset), by first offset (for read_committed). */
  abortedTransactions(startOffset: number, endOffset: number): AbortedTransaction[] {
    const aborted: AbortedTransaction[] = [];
    for (const segment of this.#segments.slice(this.#segmentIndex(startOffset))) {
      for (const { producerId, firstOffset, lastOffset } of segment.txnIndex.entries) {
        if (lastOffset >= startOffset && firstOffset < endOffset) aborted.push({ producerId, firstOffset });
      }
    }
    return aborted.sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Sets the high watermark, clipped to [logStartOffset, logEndOffset]; returns the new value. */
  updateHighWatermark(offset: number): number {
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(offset, this.#logEndOffset));
    this.#producers.onHighWatermark(this.#highWatermark);
    return this.#highWatermark;
  }

  /** Removes `offset` and everything above. False if the log ends before. The high watermark follows. */
  truncateTo(offset: number, reason: string): boolean {
    invariant(offset >= 0, () => `${this.partition}: truncation to ${offset}`);
    this.#ensureOnline();
    if (offset >= this.#logEndOffset) {
      // An epoch may begin at the very end: this replica led, wrote nothing, and lost the lead (KAFKA-10706).
      this.#epochs.truncateFromEnd(this.#logEndOffset);
      return false;
    }
    if (offset < (this.#segments[0] as Segment).baseOffset) {
      this.truncateFullyAndStartAt(offset, reason);
      return true;
    }
    this.#guard(() => {
      const from = this.#logEndOffset;
      while (this.#segments.length > 1 && this.#active.baseOffset > offset) this.#dropSegments([this.#segments.pop() as Segment]);
      this.#active.truncateTo(offset);
      const to = Math.min(offset, this.#active.endOffset);
      this.#logEndOffset = to;
      this.#epochs.truncateFromEnd(to);
      this.#logStartOffset = Math.min(to, this.#logStartOffset);
      this.#rebuildProducers(to, to, this.#logEndOffset);
      this.#afterTruncation(from, to, reason);
    });
    return true;
  }

  /** Removes everything; the log is empty and begins at `offset`. */
  truncateFullyAndStartAt(offset: number, reason: string): void {
    this.#ensureOnline();
    this.#guard(() => {
      const from = this.#logEndOffset;
      this.#dropSegments(this.#segments.splice(0));
      this.#snapshots.removeWhere(() => true);
      this.#segments.push(this.#openSegment(offset));
      this.#epochs.clear();
      this.#producers.reset([], offset);
      this.#logStartOffset = offset;
      this.#logEndOffset = offset;
      this.#flusher.onRestartedAt(offset);
      this.#afterTruncation(from, offset, reason);
    });
  }

  /** The largest epoch ≤ `epoch` in this log and where it ends; null if unknown (OffsetForLeaderEpoch). */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | null {
    return this.#epochs.endOffsetFor(epoch, this.#logEndOffset);
  }

  /** The epoch of the record at `offset`. */
  epochForOffset(offset: number): number | null {
    return this.#epochs.epochForOffset(offset);
  }

  epochEntries(): readonly EpochEntry[] {
    return this.#epochs.entries;
  }

  /** A leader does this with its own epoch and the log's end when it is elected (KAFKA-7415). */
  assignEpochStart(epoch: number, startOffset: number): void {
    this.#ensureOnline();
    this.#guard(() => this.#assignEpoch(epoch, startOffset));
  }

  /** First record with a timestamp ≥ `timestamp`, up to the log's end (the caller bounds it); null if there is none. */
  offsetForTimestamp(timestamp: number): TimestampAndOffset | null {
    this.#ensureOnline();
    for (const segment of this.#segments) {
      const slot = segment.slotForTimestamp(timestamp, this.#logStartOffset);
      if (slot < 0) continue;
      const found = this.#guard(() =>
        firstRecordFrom(segment, slot, (at, offset) => at >= timestamp && offset >= this.#logStartOffset),
      );
      if (found !== null) return found;
    }
    return null;
  }

  /** The record with the largest timestamp (ListOffsets -3); null if the log is empty. */
  maxTimestampOffset(): TimestampAndOffset | null {
    this.#ensureOnline();
    let latest: Segment | null = null;
    for (const segment of this.#segments) if (segment.maxTimestamp > (latest?.maxTimestamp ?? -1)) latest = segment;
    if (latest === null) return null;
    const segment = latest;
    const slot = segment.slotFor(segment.offsetOfMaxTimestamp);
    return this.#guard(() => firstRecordFrom(segment, slot, (at) => at === segment.maxTimestamp));
  }

  /** Moves the log start up. Throws LogOffsetError if it would pass the high watermark. */
  maybeIncrementLogStartOffset(offset: number, reason: LogStartReason): boolean {
    this.#ensureOnline();
    if (offset > this.#highWatermark)
      throw new LogOffsetError(`${this.partition}: log start ${offset} is above the high watermark ${this.#highWatermark}`);
    if (offset <= this.#logStartOffset) return false;
    const from = this.#logStartOffset;
    this.#logStartOffset = offset;
    this.#guard(() => this.#epochs.truncateFromStart(offset));
    this.#producers.onLogStartOffset(offset);
    this.#env.tracer.emit({ type: 'log-start-offset-advanced', partition: this.partition, from, to: offset, reason });
    return true;
  }

  /** Deletes whole old segments by log start, size and age (in this order); returns how many. */
  deleteOldSegments(): number {
    this.#ensureOnline();
    let count = 0;
    const reasons: DeletionReason[] = hasPolicy(this.config, 'delete')
      ? ['log-start', 'retention-size', 'retention-time']
      : ['log-start'];
    for (const reason of reasons) {
      const expired = expiredSegments(this.#segments, reason, {
        config: this.config,
        highWatermark: this.#highWatermark,
        logStartOffset: this.#logStartOffset,
        nowMs: this.#env.clock.wallMs(),
      });
      if (expired > 0) this.#guard(() => this.#deleteSegments(expired, reason));
      count += expired;
    }
    return count;
  }

  /** Starts a new segment, unless the active one is empty; the old one is flushed. */
  roll(): void {
    this.#ensureOnline();
    this.#guard(() => this.#roll());
  }

  /** Syncs the log; `done` is called in a later event when everything below `upTo` is durable (or truncated). Concurrent calls share syncs. */
  flush(upTo: number, done: FlushCallback): void {
    if (this.#state !== 'open') {
      this.#env.timers.after(0, () => done(new DiskError('EIO', this.directory, 'flush')));
      return;
    }
    this.#guardQuietly(() => this.#flusher.request(upTo, done));
  }

  activeProducers(): ActiveProducer[] {
    return this.#producers.activeProducers();
  }

  /** Writes a producer snapshot at the end of the log, for a clean shutdown. */
  takeProducerSnapshot(): void {
    this.#ensureOnline();
    this.#guard(() => {
      if (this.#snapshots.take(this.#logEndOffset, this.#producers.entries())) this.#directoryDirty = true;
      this.#active.becomeInactive();
    });
  }

  /** The directory failed elsewhere: nothing of this log is usable any more. */
  markOffline(): void {
    if (this.#state !== 'open') return;
    this.#shut('offline');
  }

  /** Releases the files. Nothing is written or called back any more. */
  close(): void {
    if (this.#state === 'open') this.#shut('closed');
  }

  /** Removes all files of the log now. */
  delete(): void {
    this.close();
    this.#env.disk.remove(this.directory);
  }

  /** @internal for the flusher */
  takeUnsynced(upTo: number): { files: DiskFile[]; closeAfter: DiskFile[]; directories: string[] } {
    const files: DiskFile[] = [];
    for (const segment of this.#segments) {
      // At the log's end an active segment that a truncation emptied belongs to what is synced, too.
      if (segment.baseOffset >= upTo && upTo < this.#logEndOffset) break;
      if (segment.dirty) files.push(segment.log);
      segment.dirty = false;
      for (const index of [segment.offsetIndex, segment.timeIndex, segment.txnIndex]) {
        if (index.dirty && index.file !== null) files.push(index.file);
        index.dirty = false;
      }
    }
    const directories: string[] = [];
    if (this.#directoryDirty) directories.push(this.directory);
    if (this.#parentDirty) directories.push(parentOf(this.directory));
    this.#directoryDirty = false;
    this.#parentDirty = false;
    return { files, closeAfter: this.#snapshots.takeUnsynced(upTo), directories };
  }

  /** @internal for the flusher */
  onFlushed(): void {
    this.#env.tracer.emit({ type: 'log-flushed', partition: this.partition, upTo: this.#flusher.recoveryPoint });
    this.onVisibleEndAdvanced?.();
  }

  /** @internal for the flusher */
  onFlushFailed(error: DiskError): void {
    this.#fail(error);
  }

  get #active(): Segment {
    return this.#segments[this.#segments.length - 1] as Segment;
  }

  #duplicateInfo({ lastOffset, offsetDelta, timestamp }: ProducerBatch, leaderEpoch: number): LogAppendInfo {
    const offset = lastOffset - offsetDelta;
    return {
      firstOffset: offset,
      lastOffset,
      leaderEpoch,
      maxTimestamp: timestamp,
      logStartOffset: this.#logStartOffset,
      logAppendTimeMs: this.config['message.timestamp.type'] === 'LogAppendTime' ? timestamp : -1,
      recordCount: 0,
      sizeBytes: 0,
      duplicateOf: { offset, lastOffset, timestamp },
    };
  }

  #appendValid(bytes: Uint8Array, valid: ValidBatches, origin: AppendOrigin, leaderEpoch: number, nowMs: number): LogAppendInfo {
    const firstOffset = assignsOffsets(origin) ? this.#logEndOffset : (valid.headers[0]?.baseOffset ?? this.#logEndOffset);
    const byAppendTime = assignsOffsets(origin) && this.config['message.timestamp.type'] === 'LogAppendTime';
    let position = 0;
    let maxTimestamp = -1;
    for (const received of valid.headers) {
      let header: BatchHeader = received;
      let batch = bytes.subarray(position, position + received.sizeInBytes);
      position += received.sizeInBytes;
      if (assignsOffsets(origin)) {
        batch = byAppendTime
          ? rebaseBatch(batch, this.#logEndOffset, leaderEpoch, nowMs)
          : rebaseBatch(batch, this.#logEndOffset, leaderEpoch);
        header = readBatchHeader(batch);
      }
      this.#appendBatch(header, batch, origin === 'replication' ? 'follower' : 'leader');
      if (header.maxTimestamp > maxTimestamp) maxTimestamp = header.maxTimestamp;
    }
    this.#flusher.onAppended(firstOffset, this.#logEndOffset, this.config['flush.messages']);
    return {
      firstOffset,
      lastOffset: this.#logEndOffset - 1,
      leaderEpoch: assignsOffsets(origin) ? leaderEpoch : (valid.headers.at(-1)?.leaderEpoch ?? -1),
      maxTimestamp,
      logStartOffset: this.#logStartOffset,
      logAppendTimeMs: byAppendTime ? nowMs : -1,
      recordCount: valid.recordCount,
      sizeBytes: valid.sizeBytes,
    };
  }

  #appendBatch(header: BatchHeader, batch: Uint8Array, role: 'leader' | 'follower'): void {
    invariant(
      header.baseOffset >= this.#logEndOffset,
      () => `${this.partition}: append at ${header.baseOffset}, below the end ${this.#logEndOffset}`,
    );
    const marker = readEndTxnMarker(header, batch, 0);
    this.#assignEpoch(header.leaderEpoch, header.baseOffset);
    if (this.#shouldRoll(header)) this.#roll(header.baseOffset);
    const segment = this.#active;
    segment.append(header, batch);
    this.#logEndOffset = header.nextOffset;
    const aborted = this.#producers.append(header, marker);
    if (aborted !== null) segment.txnIndex.append(aborted);
    this.#env.tracer.emit({
      type: 'log-appended',
      partition: this.partition,
      role,
      baseOffset: header.baseOffset,
      lastOffset: header.lastOffset,
      leaderEpoch: header.leaderEpoch,
      batch,
    });
  }

  #assignEpoch(epoch: number, startOffset: number): void {
    if (epoch < 0 || !this.#epochs.assign(epoch, startOffset)) return;
    this.#env.tracer.emit({ type: 'epoch-assigned', partition: this.partition, epoch, startOffset });
  }

  #shouldRoll(header: BatchHeader): boolean {
    const segment = this.#active;
    if (segment.size > this.config['segment.bytes'] - header.sizeInBytes) return true;
    const indexBytes = this.config['segment.index.bytes'];
    if (segment.offsetIndex.isFull(indexBytes) || segment.timeIndex.isFull(indexBytes)) return true;
    if (header.lastOffset - segment.baseOffset > 0x7fff_ffff) return true;
    if (segment.size === 0) return false;
    const since = segment.firstTimestamp;
    const ageMs = since >= 0 ? header.maxTimestamp - since : this.#env.clock.wallMs() - segment.createdMs;
    return ageMs > this.config['segment.ms'] - segment.rollJitterMs;
  }

  #roll(baseOffset = this.#logEndOffset): void {
    const old = this.#active;
    if (old.baseOffset === baseOffset && old.size === 0) return;
    old.becomeInactive();
    if (old.baseOffset === baseOffset) this.#dropSegments([this.#segments.pop() as Segment]);
    this.#segments.push(this.#openSegment(baseOffset));
    this.#producers.advanceTo(baseOffset);
    this.#snapshots.take(baseOffset, this.#producers.entries());
    this.#env.tracer.emit({ type: 'segment-rolled', partition: this.partition, baseOffset });
    this.#flusher.request(baseOffset, null);
  }

  #openSegment(baseOffset: number): Segment {
    const jitterMs = this.config['segment.jitter.ms'];
    this.#directoryDirty = true;
    return new Segment({
      disk: this.#env.disk,
      directory: this.directory,
      baseOffset,
      indexIntervalBytes: this.config['index.interval.bytes'],
      rollJitterMs: jitterMs > 0 ? this.#env.random.stream(`log/${this.partition}`).below(jitterMs, 'segment.jitter.ms') : 0,
      createdMs: this.#env.clock.wallMs(),
    });
  }

  /** Index of the segment that holds `offset`, or of the first one after. */
  #segmentIndex(offset: number): number {
    // Nearly every read is of the newest segments.
    let at = this.#segments.length - 1;
    while (at > 0 && (this.#segments[at] as Segment).baseOffset > offset) at--;
    return at;
  }

  #deleteSegments(count: number, reason: DeletionReason): void {
    if (count === this.#segments.length) this.#roll();
    const doomed = this.#segments.slice(0, count);
    const newStart = (this.#segments[count] as Segment).baseOffset;
    invariant(
      newStart <= this.#highWatermark,
      () => `${this.partition}: deleting up to ${newStart}, above the high watermark ${this.#highWatermark}`,
    );
    this.maybeIncrementLogStartOffset(newStart, 'retention');
    this.#segments.splice(0, count);
    for (const segment of doomed) {
      const { baseOffset, endOffset } = segment;
      this.#env.tracer.emit({
        type: 'segment-deleted',
        partition: this.partition,
        baseOffset,
        endOffset,
        highWatermark: this.#highWatermark,
        reason,
      });
    }
    this.#dropSegments(doomed);
    this.#syncDirectory();
  }

  /** Renames the files of segments (no longer listed) to `.deleted` and removes them later. */
  #dropSegments(segments: readonly Segment[]): void {
    const delayMs = this.config['file.delete.delay.ms'];
    const failed = (error: DiskError): void => this.#fail(error);
    for (const segment of segments) {
      const paths = segment.paths;
      segment.close();
      renameThenRemove(this.#env, paths, delayMs, failed);
      const snapshot = this.#snapshots.markDeleted(segment.baseOffset, DELETED_SUFFIX);
      if (snapshot !== null) removeLater(this.#env, [snapshot], delayMs, failed);
    }
  }

  #afterTruncation(from: number, to: number, reason: string): void {
    this.#flusher.onTruncated(to);
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(this.#highWatermark, to));
    if (this.#highWatermark > this.#logEndOffset) this.#highWatermark = this.#logEndOffset;
    this.#env.tracer.emit({ type: 'log-truncated', partition: this.partition, from, to, reason });
    this.#syncDirectory();
    // Kafka leaves this to the next flush; done now, what was truncated hardly ever comes back with a power loss.
    this.#flusher.request(to, null);
    this.onRecoveryPointLowered?.();
  }

  #rebuildProducers(upTo: number, trustedSnapshotOffset: number, txnIndexFrom: number): void {
    rebuildProducerState(this.#producers, this.#snapshots, this.#segments, {
      upTo,
      trustedSnapshotOffset,
      txnIndexFrom,
      nowMs: this.#env.clock.wallMs(),
      expirationMs: this.#producerExpirationMs,
    });
    this.#producers.onHighWatermark(this.#highWatermark);
  }

  /** Removals and renames become durable soon, so that what is gone does not come back with a power loss. */
  #syncDirectory(): void {
    this.#env.disk.syncDirectory(this.directory, (error) => {
      if (error !== null) this.#fail(error);
    });
  }

  #writeEpochs(): void {
    const entries = [...this.#epochs.entries];
    this.#epochFile.write(formatEpochs(entries), (error) => {
      if (error !== null) return this.#fail(error);
      this.#env.tracer.emit({
        type: 'checkpoint-written',
        file: 'leader-epoch',
        directory: this.directory,
        entries: entries.map((entry) => [this.partition, entry.startOffset] as const),
      });
    });
  }

  #writeMetadata(topicId: string): void {
    this.#metadataFile.write(formatPartitionMetadata(topicId), (error) => {
      if (error !== null) this.#fail(error);
    });
  }

  #scheduleProducerExpiry(): void {
    const delayMs = this.#options.producerIdExpirationCheckMs ?? 600_000;
    this.#producerExpiryTimer = this.#env.timers.after(delayMs, () => {
      if (this.#state !== 'open') return;
      this.#producers.removeExpired(this.#env.clock.wallMs(), this.#producerExpirationMs);
      this.#scheduleProducerExpiry();
    });
  }

  #ensureOnline(): void {
    if (this.#state !== 'open') throw new StorageError(`${this.directory} is ${this.#state}`);
  }

  /** Runs a step that touches the disk; a DiskError takes the log offline and becomes a StorageError. */
  #guard<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      const { message } = this.#storageFailure(error);
      throw new StorageError(message);
    }
  }

  #guardQuietly(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#storageFailure(error);
    }
  }

  #storageFailure(error: unknown): AppendError {
    if (!(error instanceof DiskError)) throw error;
    this.#fail(error);
    return { error: ErrorCode.KAFKA_STORAGE_ERROR, message: error.message };
  }

  #fail(error: DiskError): void {
    if (this.#state !== 'open') return;
    this.#shut('offline');
    this.#options.onStorageFailure?.(error);
  }

  #shut(state: 'offline' | 'closed'): void {
    this.#state = state;
    this.#producerExpiryTimer?.cancel();
    this.#flusher.close();
    this.#epochFile.close();
    this.#metadataFile.close();
    this.onVisibleEndAdvanced = null;
    this.onRecoveryPointLowered = null;
    this.#snapshots.close();
    for (const segment of this.#segments) segment.close();
  }
}

/** Do offsets and epoch come from the log (else from whom sent the batch)? */
function assignsOffsets(origin: AppendOrigin): boolean {
  return origin === 'client' || origin === 'coordinator';
}

function offlineError(directory: string): AppendError {
  return { error: ErrorCode.KAFKA_STORAGE_ERROR, message: `${directory} is offline` };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
