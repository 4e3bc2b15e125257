/** Cuts a log's end off, or all of it, with everything that was derived from what goes. */
import { lesser } from '../../ports/brand.ts';
import { invariant } from '../../ports/invariant.ts';
import type { Offset } from '../protocol/numbers.ts';
import type { EpochCache } from './epoch-cache.ts';
import type { Flusher } from './flusher.ts';
import type { LogContext } from './log-context.ts';
import type { LogOffsets } from './log-offsets.ts';
import type { LogSegments } from './log-segments.ts';
import { rebuildProducerState } from './producer-recovery.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';
import { type ProducerState, tellProducers } from './producer-state.ts';
import type { Segment } from './segment.ts';

/** The parts of a log that a truncation takes back. */
export interface TruncationTargets {
  readonly offsets: LogOffsets;
  readonly segments: LogSegments;
  readonly epochs: EpochCache;
  readonly producers: ProducerState;
  readonly snapshots: ProducerSnapshots;
  readonly flusher: Flusher;
  /** Ends a cleaning that is under way. Throws DiskError. */
  readonly abortCleaning: () => void;
  /** The log was cut, and the recovery point may have gone down. */
  readonly onCut: () => void;
}

export class LogTruncation {
  readonly #context: LogContext;
  readonly #targets: TruncationTargets;

  constructor(context: LogContext, targets: TruncationTargets) {
    this.#context = context;
    this.#targets = targets;
  }

  /** Removes `offset` and everything above. False if the log ends before. Throws StorageError. */
  truncateTo(offset: Offset, reason: string): boolean {
    const { partition, storage } = this.#context;
    const { offsets, segments, epochs } = this.#targets;
    invariant(offset >= 0, () => `${partition}: truncation to ${offset}`);
    storage.ensureOnline();
    if (offset >= offsets.logEndOffset) {
      // An epoch may begin at the very end: this replica led, wrote nothing, and lost the lead (KAFKA-10706).
      const { logEndOffset } = offsets;
      if (epochs.truncateFromEnd(logEndOffset))
        this.#context.env.tracer.emit({ type: 'empty-epochs-dropped', partition, logEndOffset, latestEpoch: epochs.latestEpoch });
      return false;
    }
    if (offset < segments.firstBaseOffset) {
      this.truncateFullyAndStartAt(offset, reason);
      return true;
    }
    storage.run(() => this.#cut(offset, reason));
    return true;
  }

  /** Removes everything; the log is empty and begins at `offset`. Throws StorageError. */
  truncateFullyAndStartAt(offset: Offset, reason: string): void {
    const { storage } = this.#context;
    storage.ensureOnline();
    storage.run(() => this.#restart(offset, reason));
  }

  #cut(offset: Offset, reason: string): void {
    const { offsets, segments, epochs, producers, snapshots } = this.#targets;
    const from = offsets.logEndOffset;
    if (offset < segments.active.baseOffset) this.#targets.abortCleaning();
    const to = segments.endAfterCut(offset);
    let isDone = false;
    try {
      this.#removeSegments((segment) => segment.baseOffset > offset && segments.all.length > 1);
      segments.active.truncateTo(offset);
      isDone = true;
    } finally {
      // Told as far as it came: a disk error may end it at any step, and others that read and write come after it.
      const left = isDone ? to : segments.active.endOffset;
      if (left < from) this.#tell(from, left, reason);
    }
    offsets.logEndOffset = to;
    epochs.truncateFromEnd(to);
    offsets.logStartOffset = lesser(to, offsets.logStartOffset);
    const rebuild = { upTo: to, trustedSnapshotOffset: to, txnIndexFrom: to };
    rebuildProducerState(this.#context, producers, snapshots, segments.all, rebuild);
    tellProducers(this.#context, 'truncation', producers, to);
    producers.onHighWatermark(offsets.highWatermark);
    this.#finish(to);
  }

  #restart(offset: Offset, reason: string): void {
    const { env, partition } = this.#context;
    const { offsets, segments, epochs, producers, snapshots, flusher } = this.#targets;
    const from = offsets.logEndOffset;
    this.#targets.abortCleaning();
    try {
      this.#removeSegments(() => true);
    } catch (error) {
      if (segments.active.endOffset < from) this.#tell(from, segments.active.endOffset, 'interrupted');
      throw error;
    }
    this.#tell(from, offset, reason);
    snapshots.removeWhere(() => true);
    segments.push(segments.open(offset));
    epochs.clear();
    producers.reset([], offset);
    env.tracer.emit({ type: 'producer-state-rebuilt', partition, snapshotOffset: null, from: offset, upTo: offset });
    tellProducers(this.#context, 'truncation', producers, offset);
    offsets.logStartOffset = offset;
    offsets.logEndOffset = offset;
    flusher.onRestartedAt(offset);
    this.#finish(offset);
  }

  /** From the end, so that what is left is a prefix at any moment. */
  #removeSegments(isDoomed: (last: Segment) => boolean): void {
    const { segments, snapshots } = this.#targets;
    while (segments.all.length > 0 && isDoomed(segments.active)) {
      segments.discard([segments.active], snapshots);
      segments.pop();
    }
  }

  #tell(from: Offset, to: Offset, reason: string): void {
    const { env, partition } = this.#context;
    env.tracer.emit({ type: 'log-truncated', partition, from, to, reason });
  }

  #finish(to: Offset): void {
    const { offsets, segments, flusher } = this.#targets;
    flusher.onTruncated(to);
    offsets.clipHighWatermark(to);
    segments.syncDirectory();
    // Kafka leaves this to the next flush; done now, what was truncated hardly ever comes back with a power loss.
    if (!this.#context.env.random.sometimes('log/truncation-unsynced')) flusher.request(to, null);
    this.#targets.onCut();
  }
}
