/** What the accumulator and the sender ask of whoever gives batches their places in the producer's sequences. */
import type { ProducerBatch } from './producer-batch.ts';

export interface Sequences {
  /** An end of the transaction waits for what is gathered: batches go without lingering. */
  readonly isCompleting: boolean;
  /** May this first batch of its queue be sent now? */
  mayDrain(batch: ProducerBatch): boolean;
  /** Gives a batch that is about to be sent for the first time its place. */
  assignSequence(batch: ProducerBatch): void;
  /** A batch was split: its parts take over its stretch of the sequence. */
  replace(batch: ProducerBatch, parts: readonly ProducerBatch[]): void;
  /** `lastOffset`: of its last record; -1: the broker did not tell. */
  completed(batch: ProducerBatch, lastOffset: number): void;
  /**
   * A batch is given up. `isRefused`: no further try was left out, so that the answer tells for certain that the batch is not in the
   * log, unless an earlier attempt of it was ambiguous.
   */
  failed(batch: ProducerBatch, error: number, isRefused: boolean): void;
  /** Looks whether the fates of batches that were given up have been decided by those after them. */
  resolve(): void;
  /**
   * Can a retry get over this error of sequences? Null: it is none, and retriable or not as any other. `logStartOffset` is as the
   * answer has it, -1 if it does not say.
   */
  mayRetry(batch: ProducerBatch, error: number, logStartOffset: number): boolean | null;
}
