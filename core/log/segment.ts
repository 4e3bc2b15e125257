/**
 * One segment: `.log` with its indexes. An in-memory directory of its batches, built from the log's headers at load, serves
 * lookups on the hot paths (a binary search instead of an index lookup and a scan); the bytes always come from the file. The
 * index files are kept for whoever opens the directory next, and are rebuilt from the log when they do not agree with it.
 */
import { greater } from '../../ports/brand.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { invariant } from '../../ports/invariant.ts';
import { type LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { BatchHeader } from '../protocol/records.ts';
import { segmentFile } from './file-names.ts';
import { lastAtOrBelow, OffsetIndex } from './offset-index.ts';
import { TimeIndex } from './time-index.ts';
import { TxnIndex } from './txn-index.ts';

export interface SegmentOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly baseOffset: Offset;
  readonly indexIntervalBytes: number;
  readonly rollJitterMs: number;
  readonly createdMs: number;
  /** At the end of its files' names: it does not belong to the log yet. Default: none. */
  readonly suffix?: string;
}

export class Segment {
  readonly baseOffset: Offset;
  readonly createdMs: number;
  readonly rollJitterMs: number;
  readonly log: DiskFile;
  readonly offsetIndex: OffsetIndex;
  readonly timeIndex: TimeIndex;
  readonly txnIndex: TxnIndex;
  /** The log file changed since its last sync began. */
  dirty = false;
  readonly #indexIntervalBytes: number;
  #bytesSinceIndexEntry = 0;
  #size = 0;
  // The directory: one element per batch in each.
  readonly #baseOffsets: Offset[] = [];
  readonly #lastOffsets: Offset[] = [];
  readonly #positions: number[] = [];
  readonly #maxTimestamps: number[] = [];
  readonly #epochs: LeaderEpoch[] = [];
  #maxTimestamp = -1;
  #offsetOfMaxTimestamp: Offset;

  constructor(options: SegmentOptions) {
    const { disk, directory, baseOffset, suffix = '' } = options;
    this.baseOffset = baseOffset;
    this.createdMs = options.createdMs;
    this.rollJitterMs = options.rollJitterMs;
    this.#indexIntervalBytes = options.indexIntervalBytes;
    this.#offsetOfMaxTimestamp = baseOffset;
    this.log = disk.open(segmentFile(directory, baseOffset, 'log') + suffix, { create: true });
    this.offsetIndex = new OffsetIndex(disk, segmentFile(directory, baseOffset, 'index') + suffix, baseOffset);
    this.timeIndex = new TimeIndex(disk, segmentFile(directory, baseOffset, 'timeindex') + suffix, baseOffset);
    this.txnIndex = new TxnIndex(disk, segmentFile(directory, baseOffset, 'txnindex') + suffix);
  }

  /** Bytes of whole batches. */
  get size(): number {
    return this.#size;
  }

  get endOffset(): Offset {
    const last = this.#lastOffsets.at(-1);
    return last === undefined ? this.baseOffset : Offset(last + 1);
  }

  get batchCount(): number {
    return this.#positions.length;
  }

  get maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  get offsetOfMaxTimestamp(): Offset {
    return this.#offsetOfMaxTimestamp;
  }

  /** Timestamp that time-based rolling counts from: the first batch's; -1 if there is none. */
  get firstTimestamp(): number {
    return this.#maxTimestamps[0] ?? -1;
  }

  /** For time retention: the largest timestamp, else when the segment was made. */
  get largestTimestamp(): number {
    return this.#maxTimestamp >= 0 ? this.#maxTimestamp : this.createdMs;
  }

  /** Appends one batch by reference. Its index entries are due next, see `indexLast`. */
  append(header: BatchHeader, batch: Uint8Array): void {
    invariant(
      batch.length === header.sizeInBytes,
      () => `batch at ${header.baseOffset} has ${batch.length} bytes, its header says ${header.sizeInBytes}`,
    );
    invariant(
      header.baseOffset >= this.endOffset,
      () => `batch at ${header.baseOffset} in a segment that goes to ${this.endOffset} already`,
    );
    this.log.append(batch);
    this.dirty = true;
    this.#enter(header);
  }

  /** Enters the batch that was appended last into the indexes, if enough bytes came since the last entry. */
  indexLast({ lastOffset, sizeInBytes }: BatchHeader): void {
    if (this.#bytesSinceIndexEntry > this.#indexIntervalBytes) {
      this.offsetIndex.append(lastOffset, this.#size - sizeInBytes);
      this.timeIndex.maybeAppend(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
      this.#bytesSinceIndexEntry = 0;
    }
    this.#bytesSinceIndexEntry += sizeInBytes;
  }

  /** Takes a batch that is already in the file into the directory (at load). */
  enterLoaded(header: BatchHeader): void {
    this.#enter(header);
  }

  /** At load: cuts what follows the last batch entered, then takes or rebuilds the indexes. */
  finishLoading(): void {
    if (this.log.size > this.#size) {
      this.log.truncate(this.#size);
      this.dirty = true;
    }
    this.#bytesSinceIndexEntry = 0;
    const isSane = this.offsetIndex.load(this.#size, this.endOffset) && this.timeIndex.load(this.endOffset);
    if (!isSane || (this.offsetIndex.entries === 0 && this.#size > this.#indexIntervalBytes)) this.rebuildIndexes();
  }

  rebuildIndexes(): void {
    this.offsetIndex.reset();
    this.timeIndex.reset();
    this.#bytesSinceIndexEntry = 0;
    const size = this.#size;
    let maxTimestamp = -1;
    let offsetOfMax = this.baseOffset;
    for (let slot = 0; slot < this.#positions.length; slot++) {
      const lastOffset = this.#lastOffsets[slot] as Offset;
      const position = this.#positions[slot] as number;
      if ((this.#maxTimestamps[slot] as number) > maxTimestamp) {
        maxTimestamp = this.#maxTimestamps[slot] as number;
        offsetOfMax = lastOffset;
      }
      if (this.#bytesSinceIndexEntry > this.#indexIntervalBytes) {
        this.offsetIndex.append(lastOffset, position);
        this.timeIndex.maybeAppend(maxTimestamp, offsetOfMax);
        this.#bytesSinceIndexEntry = 0;
      }
      this.#bytesSinceIndexEntry += (this.#positions[slot + 1] ?? size) - position;
    }
    this.timeIndex.maybeAppend(maxTimestamp, offsetOfMax);
  }

  /** The segment is not the last any more: its largest timestamp goes into the time index. */
  becomeInactive(): void {
    this.timeIndex.maybeAppend(this.#maxTimestamp, this.#offsetOfMaxTimestamp);
  }

  /** Slot of the first batch whose last offset is ≥ offset; batchCount if there is none. */
  slotFor(offset: Offset): number {
    const slot = lastAtOrBelow(this.#baseOffsets, offset);
    if (slot < 0) return 0;
    return (this.#lastOffsets[slot] as Offset) >= offset ? slot : slot + 1;
  }

  positionOf(slot: number): number {
    return this.#positions[slot] ?? this.#size;
  }

  baseOffsetOf(slot: number): Offset {
    return this.#baseOffsets[slot] ?? this.endOffset;
  }

  lastOffsetOf(slot: number): Offset {
    return this.#lastOffsets[slot] as Offset;
  }

  maxTimestampOf(slot: number): number {
    return this.#maxTimestamps[slot] as number;
  }

  epochOf(slot: number): LeaderEpoch {
    return this.#epochs[slot] as LeaderEpoch;
  }

  /** First slot whose position is above `position`: batches before it begin at or below. */
  slotAfterPosition(position: number): number {
    return lastAtOrBelow(this.#positions, position) + 1;
  }

  /** Whole batches [fromSlot, toSlot) in one piece. */
  readSlots(fromSlot: number, toSlot: number): Uint8Array {
    const start = this.positionOf(fromSlot);
    const bytes = this.log.read(start, this.positionOf(toSlot) - start);
    invariant(bytes.length === this.positionOf(toSlot) - start, () => `${this.log.path} is shorter than its ${this.#size} bytes`);
    return bytes;
  }

  /** Slot of the first batch with a timestamp ≥ `timestamp` at or after `startOffset`; -1 if there is none. */
  slotForTimestamp(timestamp: number, startOffset: Offset): number {
    if (this.#maxTimestamp < timestamp) return -1;
    const from = this.slotFor(greater(startOffset, this.timeIndex.lookup(timestamp)));
    for (let slot = from; slot < this.#positions.length; slot++) {
      if ((this.#maxTimestamps[slot] as number) >= timestamp) return slot;
    }
    return -1;
  }

  /** Removes the batches that hold `offset` or anything above. Returns how many bytes went. */
  truncateTo(offset: Offset): number {
    const keep = this.slotFor(offset);
    if (keep === this.#positions.length) return 0;
    const size = this.positionOf(keep);
    const removed = this.#size - size;
    this.log.truncate(size);
    this.dirty = true;
    this.#size = size;
    for (const column of [this.#baseOffsets, this.#lastOffsets, this.#positions, this.#maxTimestamps, this.#epochs])
      column.length = keep;
    this.offsetIndex.truncateTo(this.endOffset);
    this.timeIndex.truncateTo(this.endOffset);
    this.txnIndex.truncateTo(this.endOffset);
    this.#bytesSinceIndexEntry = 0;
    this.#maxTimestamp = -1;
    this.#offsetOfMaxTimestamp = this.baseOffset;
    for (let slot = 0; slot < keep; slot++)
      this.#noteTimestamp(this.#maxTimestamps[slot] as number, this.#lastOffsets[slot] as Offset);
    return removed;
  }

  /** The log's own file comes last: whatever happens to the others before, they are made anew from it. */
  get paths(): string[] {
    const paths = [this.offsetIndex.file.path, this.timeIndex.file.path];
    if (this.txnIndex.file !== null) paths.push(this.txnIndex.path);
    paths.push(this.log.path);
    return paths;
  }

  close(): void {
    this.log.close();
    this.offsetIndex.file.close();
    this.timeIndex.file.close();
    this.txnIndex.close();
  }

  #enter(header: BatchHeader): void {
    this.#baseOffsets.push(header.baseOffset);
    this.#lastOffsets.push(header.lastOffset);
    this.#positions.push(this.#size);
    this.#maxTimestamps.push(header.maxTimestamp);
    this.#epochs.push(header.leaderEpoch);
    this.#size += header.sizeInBytes;
    this.#noteTimestamp(header.maxTimestamp, header.lastOffset);
  }

  #noteTimestamp(timestamp: number, offset: Offset): void {
    if (timestamp <= this.#maxTimestamp) return;
    this.#maxTimestamp = timestamp;
    this.#offsetOfMaxTimestamp = offset;
  }
}
