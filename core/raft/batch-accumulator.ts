/** What the leader has been asked to append and has not appended yet: batches with their offsets already given (linger). */
import { dataBatch } from './control-batches.ts';

export interface PendingBatch {
  readonly baseOffset: number;
  readonly values: readonly Uint8Array[];
}

export class BatchAccumulator {
  /** Monotonic milliseconds; null while there is nothing to append. */
  drainDeadlineMs: number | null = null;
  readonly #lingerMs: number;
  #nextOffset: number;
  #pending: PendingBatch[] = [];

  constructor(nextOffset: number, lingerMs: number) {
    this.#nextOffset = nextOffset;
    this.#lingerMs = lingerMs;
  }

  /** Takes one atomic batch and returns its last offset. */
  add(values: readonly Uint8Array[], nowMs: number): number {
    this.#pending.push({ baseOffset: this.#nextOffset, values });
    this.#nextOffset += values.length;
    this.drainDeadlineMs ??= nowMs + this.#lingerMs;
    return this.#nextOffset - 1;
  }

  /** Encodes and hands over everything, each batch in its own record batch. */
  drain(epoch: number, wallMs: number, append: (batch: Uint8Array) => void): void {
    const batches = this.#pending;
    this.#pending = [];
    this.drainDeadlineMs = null;
    for (const batch of batches) append(dataBatch(batch.values, batch.baseOffset, epoch, wallMs));
  }
}
