/** The offsets that bound a log: logStartOffset ≤ lastStableOffset ≤ highWatermark ≤ logEndOffset. */
import { greater, lesser } from '../../ports/brand.ts';
import type { Offset } from '../protocol/numbers.ts';
import type { ProducerState } from './producer-state.ts';

export class LogOffsets {
  readonly #producers: ProducerState;
  logStartOffset: Offset;
  logEndOffset: Offset;
  highWatermark: Offset;

  /** Of a log just loaded: nothing is known to be committed. */
  constructor(producers: ProducerState, logStartOffset: Offset, logEndOffset: Offset) {
    this.#producers = producers;
    this.logStartOffset = logStartOffset;
    this.logEndOffset = logEndOffset;
    this.highWatermark = logStartOffset;
  }

  /** Where the oldest undecided transaction begins, at most the high watermark. */
  get lastStableOffset(): Offset {
    const unstable = this.#producers.firstUnstableOffset;
    if (unstable === null) return this.highWatermark;
    return lesser(this.highWatermark, greater(unstable, this.logStartOffset));
  }

  /** Sets the high watermark, clipped to [logStartOffset, logEndOffset]; returns the new value. */
  updateHighWatermark(offset: Offset): Offset {
    this.highWatermark = greater(this.logStartOffset, lesser(offset, this.logEndOffset));
    this.#producers.onHighWatermark(this.highWatermark);
    return this.highWatermark;
  }

  /** After a truncation to `end`: what was committed above is gone. */
  clipHighWatermark(end: Offset): void {
    this.highWatermark = greater(this.logStartOffset, lesser(this.highWatermark, end));
    if (this.highWatermark > this.logEndOffset) this.highWatermark = this.logEndOffset;
  }
}
