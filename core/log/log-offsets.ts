/** The offsets that bound a log: logStartOffset ≤ lastStableOffset ≤ highWatermark ≤ logEndOffset. */
import type { ProducerState } from './producer-state.ts';

export class LogOffsets {
  readonly #producers: ProducerState;
  logStartOffset: number;
  logEndOffset: number;
  highWatermark: number;

  /** Of a log just loaded: nothing is known to be committed. */
  constructor(producers: ProducerState, logStartOffset: number, logEndOffset: number) {
    this.#producers = producers;
    this.logStartOffset = logStartOffset;
    this.logEndOffset = logEndOffset;
    this.highWatermark = logStartOffset;
  }

  /** Where the oldest undecided transaction begins, at most the high watermark. */
  get lastStableOffset(): number {
    const unstable = this.#producers.firstUnstableOffset;
    if (unstable === null) return this.highWatermark;
    return Math.min(this.highWatermark, Math.max(unstable, this.logStartOffset));
  }

  /** Sets the high watermark, clipped to [logStartOffset, logEndOffset]; returns the new value. */
  updateHighWatermark(offset: number): number {
    this.highWatermark = Math.max(this.logStartOffset, Math.min(offset, this.logEndOffset));
    this.#producers.onHighWatermark(this.highWatermark);
    return this.highWatermark;
  }

  /** After a truncation to `end`: what was committed above is gone. */
  clipHighWatermark(end: number): void {
    this.highWatermark = Math.max(this.logStartOffset, Math.min(this.highWatermark, end));
    if (this.highWatermark > this.logEndOffset) this.highWatermark = this.logEndOffset;
  }
}
