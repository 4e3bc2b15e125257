/** When a log goes on in a new segment, and how. */
import { invariant } from '../../ports/invariant.ts';
import type { Offset } from '../protocol/numbers.ts';
import type { BatchHeader } from '../protocol/records.ts';
import { hasPolicy } from './append-validation.ts';
import type { Flusher } from './flusher.ts';
import type { LogContext } from './log-context.ts';
import type { LogSegments } from './log-segments.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';
import { type ProducerState, tellProducers } from './producer-state.ts';
import { segmentBytes } from './types.ts';

/** Index entries hold offsets relative to the segment's in 32 bits. */
const MAX_RELATIVE_OFFSET = 0x7fff_ffff;

export class SegmentRoller {
  readonly #context: LogContext;
  readonly #segments: LogSegments;
  readonly #producers: ProducerState;
  readonly #snapshots: ProducerSnapshots;
  readonly #flusher: Flusher;

  constructor(
    context: LogContext,
    segments: LogSegments,
    producers: ProducerState,
    snapshots: ProducerSnapshots,
    flusher: Flusher,
  ) {
    this.#context = context;
    this.#segments = segments;
    this.#producers = producers;
    this.#snapshots = snapshots;
    this.#flusher = flusher;
  }

  /** Does a batch with this header no longer belong into the active segment, for its size, its indexes or its age? */
  isDueBefore(header: BatchHeader): boolean {
    const { config } = this.#context;
    const segment = this.#segments.active;
    if (segment.size > segmentBytes(config) - header.sizeInBytes) return true;
    const indexBytes = config['segment.index.bytes'];
    if (segment.offsetIndex.isFull(indexBytes) || segment.timeIndex.isFull(indexBytes)) return true;
    if (header.lastOffset - segment.baseOffset > MAX_RELATIVE_OFFSET) return true;
    if (segment.size === 0) return false;
    const since = segment.firstTimestamp;
    const ageMs = since >= 0 ? header.maxTimestamp - since : this.#context.env.clock.wallMs() - segment.createdMs;
    const lagMs = hasPolicy(config, 'compact') ? config['max.compaction.lag.ms'] : Number.POSITIVE_INFINITY;
    // What is in the active segment is not compacted: it must not stay in it for longer than that (KIP-354).
    if (ageMs > Math.min(config['segment.ms'], lagMs) - segment.rollJitterMs) return true;
    return this.#context.env.random.sometimes('log/early-roll', 16);
  }

  /** Starts a segment at `baseOffset`, unless an empty one begins there; the old one is flushed. Throws DiskError. */
  roll(baseOffset: Offset): void {
    const segments = this.#segments;
    const old = segments.active;
    if (old.baseOffset === baseOffset && old.size === 0) return;
    invariant(
      baseOffset >= old.endOffset,
      () => `${this.#context.partition}: a new segment at ${baseOffset}, and the one before goes to ${old.endOffset}`,
    );
    old.becomeInactive();
    if (old.baseOffset === baseOffset) segments.discard([segments.pop()], this.#snapshots);
    segments.push(segments.open(baseOffset));
    this.#context.env.tracer.emit({ type: 'segment-rolled', partition: this.#context.partition, baseOffset });
    this.#producers.advanceTo(baseOffset);
    const isTaken = this.#snapshots.take(baseOffset, this.#producers.entries());
    if (isTaken) tellProducers(this.#context, 'snapshot', this.#producers, baseOffset);
    this.#flusher.request(baseOffset, null);
  }
}
