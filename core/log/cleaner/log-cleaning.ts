/**
 * One cleaning of one log (Kafka's Cleaner.doClean), a step at a time. The last offset of each key of the dirty part is noted; then the
 * segments are copied, a few neighbours at a time, from the log's beginning on, and each copy replaces its originals.
 *
 * What a cleaner leaves has holes, and recovery takes a hole between two segments for a cleaner's only below the recovery point: so what is to
 * be cleaned is flushed first, and that is written down.
 */
import type { DiskError } from '../../../ports/disk.ts';
import type { Timer } from '../../../ports/time.ts';
import { Offset } from '../../protocol/numbers.ts';
import { DecodeError } from '../../protocol/reader.ts';
import type { LogContext } from '../log-context.ts';
import type { LogSegments } from '../log-segments.ts';
import type { ProducerSnapshots } from '../producer-snapshots.ts';
import type { ProducerState } from '../producer-state.ts';
import type { Segment } from '../segment.ts';
import type { AbortedTxn } from '../txn-index.ts';
import { segmentBytes } from '../types.ts';
import type { LastRecord, RetentionRules } from './batch-retention.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import { DirtyKeys } from './dirty-keys.ts';
import { type LogToClean, segmentGroups } from './log-to-clean.ts';
import { OffsetMap } from './offset-map.ts';
import { SegmentCopy } from './segment-copy.ts';

/** The parts of a log that a cleaning reads and replaces. */
export interface CleaningTargets {
  readonly segments: LogSegments;
  readonly producers: ProducerState;
  readonly snapshots: ProducerSnapshots;
}

export interface CleaningOptions {
  /** For the keys of the dirty part. */
  readonly mapBytes: number;
  /** Read in one step; a larger batch is read in one step all the same. */
  readonly readBytes: number;
  /** Flushes the log up to an offset and writes down that it is; never calls back if that fails. */
  readonly secure: (upTo: Offset, secured: () => void) => void;
  /** So many bytes were read and written: how long the next step has to wait, ms. */
  readonly throttle: (bytes: number) => number;
  /** Called once, unless the log's disk fails. */
  readonly done: (result: CleaningResult) => void;
}

export type CleaningResult =
  | { readonly kind: 'cleaned'; readonly endOffset: Offset }
  /** A batch cannot be read. */
  | { readonly kind: 'uncleanable'; readonly problem: string }
  /** The log was cut, or closed. */
  | { readonly kind: 'aborted' };

type State =
  | { readonly kind: 'securing' }
  | { readonly kind: 'mapping'; readonly keys: DirtyKeys }
  | { readonly kind: 'copying' | 'syncing'; readonly copy: SegmentCopy }
  /** The names `.swap` become durable. */
  | { readonly kind: 'swapping'; readonly copy: SegmentCopy; readonly swapped: readonly string[] }
  /** A copy has taken the place of its originals, and the names become durable. */
  | { readonly kind: 'swapped' }
  | { readonly kind: 'over' };

export class LogCleaning {
  readonly #context: LogContext;
  readonly #targets: CleaningTargets;
  readonly #range: LogToClean;
  readonly #options: CleaningOptions;
  readonly #map: OffsetMap;
  readonly #startedMs: number;
  readonly #deleteRetentionMs: number;
  readonly #transactions: CleanedTransactions;
  /** Not copied yet. */
  #groups: Segment[][] = [];
  #state: State = { kind: 'securing' };
  #timer: Timer | null = null;

  constructor(context: LogContext, targets: CleaningTargets, range: LogToClean, options: CleaningOptions) {
    const { env, partition, config } = context;
    this.#context = context;
    this.#targets = targets;
    this.#range = range;
    this.#options = options;
    this.#map = new OffsetMap(env.random.sometimes('log/small-offset-map') ? 1 : options.mapBytes);
    this.#startedMs = env.clock.wallMs();
    this.#deleteRetentionMs = config['delete.retention.ms'];
    this.#transactions = new CleanedTransactions((transaction) => this.#enterAborted(transaction));
    const { firstDirtyOffset, firstUncleanableOffset } = range;
    env.tracer.emit({ type: 'log-cleaning-begun', partition, firstDirtyOffset, firstUncleanableOffset });
    options.secure(firstUncleanableOffset, () => {
      if (this.#state.kind === 'securing') this.#attempt(() => this.#noteKeys());
    });
  }

  /** The log is about to be cut: nothing stays of a copy that has not taken its place. Throws DiskError. */
  abort(): void {
    const state = this.#state;
    const { env } = this.#context;
    this.#end();
    env.tracer.emit({ type: 'mark', name: 'log/cleaning-aborted' });
    if (state.kind === 'copying' || state.kind === 'syncing') state.copy.remove(env.disk);
    if (state.kind === 'swapping') {
      env.tracer.emit({ type: 'mark', name: 'log/cleaning-aborted-in-a-swap' });
      for (const path of state.swapped) env.disk.remove(path);
    }
    this.#options.done({ kind: 'aborted' });
  }

  /** The log's use has ended; its files are left to the next start. */
  close(): void {
    const state = this.#state;
    this.#end();
    if (state.kind === 'copying' || state.kind === 'syncing') state.copy.close();
    this.#options.done({ kind: 'aborted' });
  }

  #end(): void {
    this.#state = { kind: 'over' };
    this.#timer?.cancel();
  }

  /** A step on the disk. An error takes the log offline, and that closes this. */
  #attempt(step: () => void): void {
    this.#context.storage.runQuietly(() => {
      try {
        step();
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        const state = this.#state;
        this.#end();
        if (state.kind === 'copying') state.copy.remove(this.#context.env.disk);
        this.#options.done({ kind: 'uncleanable', problem: error.message });
      }
    });
  }

  #later(bytes: number, step: () => void): void {
    const { env } = this.#context;
    const slowMs = env.random.sometimes('log/slow-cleaner') ? 50 : 0;
    this.#timer = env.timers.after(this.#options.throttle(bytes) + slowMs, () => this.#attempt(step));
  }

  #noteKeys(): void {
    const { firstDirtyOffset: from, firstUncleanableOffset: upTo } = this.#range;
    const { segments } = this.#targets;
    const dirty = segments.all.slice(segments.indexOf(from)).filter(({ baseOffset }) => baseOffset < upTo);
    const part = { segments: dirty, from, upTo, aborted: this.#abortedBetween(from, upTo) };
    const keys = new DirtyKeys(part, this.#map, this.#options.readBytes, this.#context.env.compression);
    this.#state = { kind: 'mapping', keys };
    this.#noteMore(keys);
  }

  #noteMore(keys: DirtyKeys): void {
    const bytes = keys.read();
    if (!keys.isDone) return this.#later(bytes, () => this.#noteMore(keys));
    if (keys.isFull) this.#context.env.tracer.emit({ type: 'mark', name: 'log/offset-map-full' });
    const { config } = this.#context;
    const { all } = this.#targets.segments;
    const limits = { segmentBytes: segmentBytes(config), indexBytes: config['segment.index.bytes'] };
    const concerned = all.filter(({ baseOffset }) => baseOffset < this.#endOffset);
    const [next] = all.slice(concerned.length);
    this.#groups = segmentGroups(concerned, next?.baseOffset ?? this.#endOffset, limits);
    this.#later(bytes, () => this.#copyGroup());
  }

  /** The log is clean up to here, when this is done. */
  get #endOffset(): Offset {
    return Offset(this.#map.latestOffset + 1);
  }

  #copyGroup(): void {
    const [first, ...others] = this.#groups.shift() ?? [];
    if (first === undefined) return this.#finish();
    const copy = new SegmentCopy(this.#targets.segments, [first, ...others], this.#rules(), this.#options.readBytes, (segment) =>
      this.#abortedBetween(segment.baseOffset, segment.endOffset),
    );
    this.#state = { kind: 'copying', copy };
    this.#copyMore(copy);
  }

  #copyMore(copy: SegmentCopy): void {
    const bytes = copy.copy();
    this.#later(bytes, () => (copy.isDone ? this.#sync(copy) : this.#copyMore(copy)));
  }

  #sync(copy: SegmentCopy): void {
    this.#state = { kind: 'syncing', copy };
    copy.sync(this.#when('syncing', () => this.#swap(copy)));
  }

  #swap(copy: SegmentCopy): void {
    const { env, directory, partition } = this.#context;
    const { baseOffset, endOffset } = copy;
    env.tracer.emit({ type: 'segments-swapping', partition, baseOffset, endOffset, records: () => copy.records() });
    if (copy.isMerged) env.tracer.emit({ type: 'segments-merging', partition, baseOffset, endOffset });
    const swapped = copy.makeSwap(env.disk);
    this.#state = { kind: 'swapping', copy, swapped };
    env.disk.syncDirectory(
      directory,
      this.#when('swapping', () => this.#replace(copy, swapped)),
    );
  }

  #replace(copy: SegmentCopy, swapped: readonly string[]): void {
    const { env, partition, directory } = this.#context;
    const { segments, snapshots } = this.#targets;
    const segment = copy.replaceOriginals(swapped, snapshots);
    this.#state = { kind: 'swapped' };
    env.tracer.emit({
      type: 'segments-swapped',
      partition,
      baseOffset: segment.baseOffset,
      endOffset: (segments.all[segments.all.indexOf(segment) + 1] as Segment).baseOffset,
      startedMs: this.#startedMs,
      deleteRetentionMs: this.#deleteRetentionMs,
      records: () => segment.readSlots(0, segment.batchCount),
    });
    env.disk.syncDirectory(
      directory,
      this.#when('swapped', () => this.#copyGroup()),
    );
  }

  /** Goes on when a sync has ended, unless this has ended. */
  #when(kind: State['kind'], step: () => void): (error: DiskError | null) => void {
    return (error) => {
      if (this.#state.kind !== kind) return;
      if (error !== null) return this.#context.storage.fail(error);
      this.#attempt(step);
    };
  }

  #finish(): void {
    const endOffset = this.#endOffset;
    this.#end();
    this.#context.env.tracer.emit({ type: 'log-cleaning-ended', partition: this.#context.partition, endOffset });
    this.#options.done({ kind: 'cleaned', endOffset });
  }

  #enterAborted(transaction: AbortedTxn): void {
    if (this.#state.kind === 'copying') this.#state.copy.enterAborted(transaction);
  }

  #rules(): RetentionRules {
    return {
      map: this.#map,
      transactions: this.#transactions,
      lastRecords: this.#lastRecords(),
      upTo: this.#range.firstUncleanableOffset,
      nowMs: this.#startedMs,
      deleteRetentionMs: this.#deleteRetentionMs,
      codecs: this.#context.env.compression,
      mark: (name) => this.#context.env.tracer.emit({ type: 'mark', name }),
    };
  }

  #lastRecords(): Map<number, LastRecord> {
    const last = new Map<number, LastRecord>();
    for (const { producerId, producerEpoch, batches } of this.#targets.producers.entries()) {
      last.set(producerId, { producerEpoch, lastDataOffset: batches.at(-1)?.lastOffset ?? Offset(-1) });
    }
    return last;
  }

  /** Aborted transactions that overlap [from, upTo). */
  #abortedBetween(from: Offset, upTo: Offset): AbortedTxn[] {
    const { segments } = this.#targets;
    return segments.all
      .slice(segments.indexOf(from))
      .flatMap(({ txnIndex }) => txnIndex.entries)
      .filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < upTo);
  }
}
