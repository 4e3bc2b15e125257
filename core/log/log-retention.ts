/** Where a log starts: the start moves up, and whole segments below it, or too old or too many, are deleted. */
import { invariant } from '../../ports/invariant.ts';
import type { Offset } from '../protocol/numbers.ts';
import { hasPolicy } from './append-validation.ts';
import type { EpochCache } from './epoch-cache.ts';
import type { LogContext } from './log-context.ts';
import type { LogOffsets } from './log-offsets.ts';
import type { LogSegments } from './log-segments.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';
import type { ProducerState } from './producer-state.ts';
import { type DeletionReason, expiredSegments } from './retention.ts';
import type { Segment } from './segment.ts';
import type { SegmentRoller } from './segment-roller.ts';
import { LogOffsetError, type LogStartReason } from './types.ts';

/** The parts of a log that retention acts on. */
export interface RetentionTargets {
  readonly offsets: LogOffsets;
  readonly segments: LogSegments;
  readonly epochs: EpochCache;
  readonly producers: ProducerState;
  readonly snapshots: ProducerSnapshots;
  readonly roller: SegmentRoller;
}

export class LogRetention {
  readonly #context: LogContext;
  readonly #targets: RetentionTargets;

  constructor(context: LogContext, targets: RetentionTargets) {
    this.#context = context;
    this.#targets = targets;
  }

  /** Moves the log start up. False if it is there already. Throws LogOffsetError if it would pass the high watermark, StorageError. */
  maybeIncrementLogStartOffset(offset: Offset, reason: LogStartReason): boolean {
    const { env, partition, storage } = this.#context;
    const { offsets, epochs, producers } = this.#targets;
    storage.ensureOnline();
    if (offset > offsets.highWatermark)
      throw new LogOffsetError(`${partition}: log start ${offset} is above the high watermark ${offsets.highWatermark}`);
    if (offset <= offsets.logStartOffset) return false;
    const from = offsets.logStartOffset;
    offsets.logStartOffset = offset;
    storage.run(() => epochs.truncateFromStart(offset));
    producers.onLogStartOffset(offset);
    if ((producers.firstUnstableOffset ?? offset) < offset)
      env.tracer.emit({ type: 'mark', name: 'log/start-passed-an-open-transaction' });
    env.tracer.emit({ type: 'log-start-offset-advanced', partition, from, to: offset, reason });
    return true;
  }

  /** Deletes whole old segments by log start, size and age (in this order); returns how many. Throws StorageError. */
  deleteOldSegments(): number {
    const { env, config, storage } = this.#context;
    const { offsets, segments } = this.#targets;
    storage.ensureOnline();
    let count = 0;
    const reasons: DeletionReason[] = hasPolicy(config, 'delete')
      ? ['log-start', 'retention-size', 'retention-time']
      : ['log-start'];
    for (const reason of reasons) {
      const { highWatermark, logStartOffset, logEndOffset } = offsets;
      const view = { config, highWatermark, logStartOffset, nowMs: env.clock.wallMs() };
      const expired = expiredSegments(segments.all, reason, view);
      const waits =
        highWatermark < logEndOffset && expiredSegments(segments.all, reason, { ...view, highWatermark: logEndOffset }) > expired;
      if (waits) env.tracer.emit({ type: 'mark', name: 'log/retention-waited-for-the-high-watermark' });
      if (expired > 0) storage.run(() => this.#delete(expired, reason, view.nowMs));
      count += expired;
    }
    return count;
  }

  #delete(count: number, reason: DeletionReason, wallMs: number): void {
    const { env, partition, config } = this.#context;
    const retentionMs = config['retention.ms'];
    const { offsets, segments, snapshots, roller } = this.#targets;
    if (count === segments.all.length) roller.roll(offsets.logEndOffset);
    const newStart = (segments.all[count] as Segment).baseOffset;
    invariant(
      newStart <= offsets.highWatermark,
      () => `${partition}: deleting up to ${newStart}, above the high watermark ${offsets.highWatermark}`,
    );
    this.maybeIncrementLogStartOffset(newStart, 'retention');
    const { highWatermark } = offsets;
    for (const segment of segments.shift(count)) {
      const { baseOffset, endOffset, largestTimestamp } = segment;
      segments.discard([segment], snapshots);
      const decided = { highWatermark, reason, largestTimestamp, wallMs, retentionMs };
      env.tracer.emit({ type: 'segment-deleted', partition, baseOffset, endOffset, ...decided });
    }
    segments.syncDirectory();
  }
}
