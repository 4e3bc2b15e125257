/** Look-ups in a log, by offset and by timestamp. All of them throw StorageError if the log is offline or the disk fails. */
import { invariant } from '../../ports/invariant.ts';
import { Offset } from '../protocol/numbers.ts';
import type { Flusher } from './flusher.ts';
import type { LogContext } from './log-context.ts';
import type { LogOffsets } from './log-offsets.ts';
import type { LogSegments } from './log-segments.ts';
import type { Segment } from './segment.ts';
import { firstRecordFrom, readEnd } from './segment-reads.ts';
import type { AbortedTransaction, LogReadInfo, LogReadOptions, ReadBound, TimestampAndOffset } from './types.ts';

const EMPTY = new Uint8Array(0);

export class LogReader {
  readonly #context: LogContext;
  readonly #offsets: LogOffsets;
  readonly #segments: LogSegments;
  readonly #flusher: Flusher;

  constructor(context: LogContext, offsets: LogOffsets, segments: LogSegments, flusher: Flusher) {
    this.#context = context;
    this.#offsets = offsets;
    this.#segments = segments;
    this.#flusher = flusher;
  }

  /** See Log.read. */
  read(startOffset: Offset, options: LogReadOptions): LogReadInfo | 'out-of-range' {
    const { logStartOffset, logEndOffset, highWatermark, lastStableOffset } = this.#offsets;
    if (startOffset < logStartOffset || startOffset > logEndOffset) return 'out-of-range';
    const visibleEnd = this.#flusher.visibleEnd;
    const bound = this.readableEnd(options.upperBound);
    let records: Uint8Array = EMPTY;
    let endOffset = startOffset;
    this.#context.storage.ensureOnline();
    const segments = this.#segments.all;
    for (let at = this.#segments.indexOf(startOffset); at < segments.length && startOffset < bound; at++) {
      const segment = segments[at] as Segment;
      const from = segment.slotFor(startOffset);
      if (from === segment.batchCount) continue;
      const to = readEnd(segment, from, bound, options);
      if (to > from) {
        records = this.#context.storage.run(() => segment.readSlots(from, to));
        endOffset = Offset(segment.lastOffsetOf(to - 1) + 1);
        invariant(endOffset <= bound, () => `${segment.log.path}: a read up to ${endOffset}, and its bound is ${bound}`);
      }
      break;
    }
    return {
      records,
      startOffset,
      endOffset,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      logEndOffset: visibleEnd,
    };
  }

  /** Where a read with this bound ends. */
  readableEnd(bound: ReadBound): Offset {
    if (bound === 'log-end') return this.#flusher.visibleEnd;
    return bound === 'high-watermark' ? this.#offsets.highWatermark : this.#offsets.lastStableOffset;
  }

  /**
   * Aborted transactions that overlap a read of [startOffset, endOffset), by their markers. As Kafka's, the list goes on to where the sparse
   * index says that the read has ended: those that begin behind the read are of no use to its reader, and of no harm.
   */
  abortedTransactions(startOffset: Offset, endOffset: Offset): AbortedTransaction[] {
    const bound = this.#indexedEnd(endOffset);
    const aborted: AbortedTransaction[] = [];
    for (const segment of this.#segments.all.slice(this.#segments.indexOf(startOffset))) {
      for (const { producerId, firstOffset, lastOffset, lastStableOffset } of segment.txnIndex.entries) {
        if (lastOffset >= startOffset && firstOffset < bound) aborted.push({ producerId, firstOffset });
        // All that began before it are in the index by now.
        if (lastStableOffset >= bound) return aborted;
      }
    }
    return aborted;
  }

  #indexedEnd(endOffset: Offset): Offset {
    const segments = this.#segments.all;
    const at = this.#segments.indexOf(Offset(endOffset - 1));
    const segment = segments[at] as Segment;
    const indexed = segment.offsetIndex.offsetBehind(segment.positionOf(segment.slotFor(endOffset)));
    return indexed ?? segments[at + 1]?.baseOffset ?? this.#offsets.logEndOffset;
  }

  /** First record with a timestamp ≥ `timestamp`, up to the log's end; null if there is none. */
  offsetForTimestamp(timestamp: number): TimestampAndOffset | null {
    const { storage } = this.#context;
    storage.ensureOnline();
    const { logStartOffset } = this.#offsets;
    for (const segment of this.#segments.all) {
      const slot = segment.slotForTimestamp(timestamp, logStartOffset);
      if (slot < 0) continue;
      const found = storage.run(() =>
        firstRecordFrom(
          segment,
          slot,
          this.#context.env.compression,
          (at, offset) => at >= timestamp && offset >= logStartOffset,
        ),
      );
      if (found !== null) return found;
    }
    return null;
  }

  /** The first record with the largest timestamp, which is -1 if no record has one; null if the log is empty. */
  maxTimestampOffset(): TimestampAndOffset | null {
    const { storage } = this.#context;
    storage.ensureOnline();
    let segment = this.#segments.all[0] as Segment;
    for (const each of this.#segments.all) if (each.maxTimestamp > segment.maxTimestamp) segment = each;
    const slot = segment.slotFor(segment.offsetOfMaxTimestamp);
    return storage.run(() => firstRecordFrom(segment, slot, this.#context.env.compression, (at) => at === segment.maxTimestamp));
  }
}
