/**
 * A log in memory, and a log manager over such logs, for tests of replication: the part of core/log that replication uses,
 * without disk. A process crash keeps it.
 */
import type { Log } from '../../log/log.ts';
import type { LogManager } from '../../log/log-manager.ts';
import {
  DEFAULT_LOG_CONFIG,
  type LogAppendInfo,
  type LogReadInfo,
  type LogReadOptions,
  type ReadBound,
} from '../../log/types.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import { type BatchHeader, forEachBatch, readBatchHeader, rebaseBatch } from '../../protocol/records.ts';

interface StoredBatch {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

export class MemoryLog {
  readonly partition: string;
  readonly topicId: string;
  readonly directory = 'data';
  config = DEFAULT_LOG_CONFIG;
  batches: StoredBatch[] = [];
  epochs: { epoch: number; startOffset: number }[] = [];
  logStartOffset = 0;
  logEndOffset = 0;
  highWatermark = 0;
  onVisibleEndAdvanced: (() => void) | null = null;
  /** How often records were cut off. */
  truncations = 0;

  constructor(partition: string, topicId: string) {
    this.partition = partition;
    this.topicId = topicId;
  }

  get visibleEndOffset(): number {
    return this.logEndOffset;
  }
  readableEnd(bound: ReadBound): number {
    return bound === 'log-end' ? this.visibleEndOffset : this.highWatermark;
  }
  get isReadable(): boolean {
    return true;
  }
  get lastStableOffset(): number {
    return this.highWatermark;
  }
  get latestEpoch(): number | null {
    return this.epochs.at(-1)?.epoch ?? null;
  }

  appendAsLeader(batches: Uint8Array, leaderEpoch: number): LogAppendInfo {
    const firstOffset = this.logEndOffset;
    forEachBatch(batches, (_, position) => {
      const header = readBatchHeader(batches, position);
      this.#store(rebaseBatch(batches.subarray(position, position + header.sizeInBytes), this.logEndOffset, leaderEpoch));
    });
    return this.#info(firstOffset, batches.length);
  }

  appendAsFollower(batches: Uint8Array): LogAppendInfo {
    const firstOffset = this.logEndOffset;
    forEachBatch(batches, (header, position) => {
      if (header.baseOffset !== this.logEndOffset) throw new Error(`gap: ${header.baseOffset} after ${this.logEndOffset}`);
      this.#store(batches.subarray(position, position + header.sizeInBytes));
    });
    return this.#info(firstOffset, batches.length);
  }

  #store(bytes: Uint8Array): void {
    const header = readBatchHeader(bytes);
    this.batches.push({ header, bytes });
    this.logEndOffset = header.nextOffset;
    if (header.leaderEpoch > (this.latestEpoch ?? -1))
      this.epochs.push({ epoch: header.leaderEpoch, startOffset: header.baseOffset });
  }

  #info(firstOffset: number, sizeBytes: number): LogAppendInfo {
    return {
      firstOffset,
      lastOffset: this.logEndOffset - 1,
      leaderEpoch: this.latestEpoch ?? -1,
      maxTimestamp: 0,
      logStartOffset: this.logStartOffset,
      logAppendTimeMs: -1,
      recordCount: this.logEndOffset - firstOffset,
      sizeBytes,
    };
  }

  read(startOffset: number, { maxBytes, minOneMessage, upperBound }: LogReadOptions): LogReadInfo | 'out-of-range' {
    if (startOffset < this.logStartOffset || startOffset > this.logEndOffset) return 'out-of-range';
    const bound = upperBound === 'log-end' ? this.visibleEndOffset : this.highWatermark;
    const parts: Uint8Array[] = [];
    let size = 0;
    let endOffset = startOffset;
    for (const { header, bytes } of this.batches) {
      if (header.lastOffset < startOffset || header.nextOffset > bound) continue;
      const fits = size + bytes.length <= maxBytes || (minOneMessage && size === 0);
      if (!fits) break;
      parts.push(bytes);
      size += bytes.length;
      endOffset = header.nextOffset;
    }
    const records = new Uint8Array(size);
    let position = 0;
    for (const part of parts) {
      records.set(part, position);
      position += part.length;
    }
    return {
      records,
      startOffset,
      endOffset,
      highWatermark: this.highWatermark,
      lastStableOffset: this.lastStableOffset,
      logStartOffset: this.logStartOffset,
      logEndOffset: this.visibleEndOffset,
    };
  }

  abortedTransactions(): [] {
    return [];
  }

  updateHighWatermark(offset: number): number {
    this.highWatermark = Math.min(Math.max(offset, this.logStartOffset), this.logEndOffset);
    return this.highWatermark;
  }

  truncateTo(offset: number): boolean {
    while (this.epochs.length > 0 && (this.epochs.at(-1) as { startOffset: number }).startOffset >= offset) this.epochs.pop();
    if (offset >= this.logEndOffset) return false;
    this.truncations++;
    this.batches = this.batches.filter(({ header }) => header.nextOffset <= offset);
    this.logEndOffset = this.batches.at(-1)?.header.nextOffset ?? this.logStartOffset;
    this.highWatermark = Math.min(this.highWatermark, this.logEndOffset);
    return true;
  }

  truncateFullyAndStartAt(offset: number): void {
    this.batches = [];
    this.epochs = [];
    this.logStartOffset = offset;
    this.logEndOffset = offset;
    this.highWatermark = offset;
  }

  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | null {
    const latest = this.latestEpoch;
    if (latest === null || epoch > latest) return null;
    if (epoch === latest) return { epoch, endOffset: this.logEndOffset };
    const next = this.epochs.findIndex((entry) => entry.epoch > epoch);
    const after = this.epochs[next] as { epoch: number; startOffset: number };
    return { epoch: this.epochs[next - 1]?.epoch ?? epoch, endOffset: after.startOffset };
  }

  epochForOffset(offset: number): number | null {
    return this.epochs.findLast((entry) => entry.startOffset <= offset)?.epoch ?? null;
  }

  assignEpochStart(epoch: number, startOffset: number): void {
    if (epoch > (this.latestEpoch ?? -1)) {
      while (this.epochs.length > 0 && (this.epochs.at(-1) as { startOffset: number }).startOffset >= startOffset)
        this.epochs.pop();
      this.epochs.push({ epoch, startOffset });
    }
  }

  offsetForTimestamp(): null {
    return null;
  }
  maxTimestampOffset(): null {
    return null;
  }

  maybeIncrementLogStartOffset(offset: number): boolean {
    if (offset <= this.logStartOffset) return false;
    this.logStartOffset = offset;
    this.highWatermark = Math.max(this.highWatermark, offset);
    return true;
  }

  asLog(): Log {
    return this as unknown as Log;
  }
}

export class MemoryLogManager {
  readonly logs = new Map<string, MemoryLog>();
  readonly checkpoints = new Map<string, number>();
  /** Names that are still taken by a log on its way out, with who waits for them. */
  readonly leaving = new Map<string, (() => void)[]>();

  get(key: string): Log | undefined {
    return this.logs.get(key)?.asLog();
  }
  getOrCreate(topic: string, partition: number, topicId: string): Log | null {
    const key = topicPartitionKey(topic, partition);
    if (this.leaving.has(key)) return null;
    let log = this.logs.get(key);
    if (log === undefined) {
      log = new MemoryLog(key, topicId);
      this.logs.set(key, log);
    }
    return log.asLog();
  }
  onceGone(key: string, then: () => void): void {
    this.leaving.get(key)?.push(then);
  }
  /** The log of that name is gone. */
  gone(key: string): void {
    const waiting = this.leaving.get(key) ?? [];
    this.leaving.delete(key);
    for (const then of waiting) then();
  }
  mayCreate(): boolean {
    return true;
  }
  directoryIdOf(): string | null {
    return 'd';
  }
  checkpointedHighWatermark(key: string): number {
    return this.checkpoints.get(key) ?? 0;
  }
  checkpointHighWatermarks(): void {
    for (const [key, log] of this.logs) this.checkpoints.set(key, log.highWatermark);
  }
  asyncDelete(key: string): void {
    this.logs.delete(key);
    this.checkpoints.delete(key);
  }
  liveDirectories(): readonly { path: string; directoryId: string }[] {
    return [{ path: 'data', directoryId: 'd' }];
  }
  /** The process died: what it had in memory only is gone. */
  crash(): void {
    for (const [key, log] of this.logs) {
      log.onVisibleEndAdvanced = null;
      log.highWatermark = log.logStartOffset;
      log.updateHighWatermark(this.checkpointedHighWatermark(key));
    }
  }
  asLogManager(): LogManager {
    return this as unknown as LogManager;
  }
}
