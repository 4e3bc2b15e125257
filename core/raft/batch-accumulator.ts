/** What the leader has been asked to append and has not appended yet: batches with their offsets already given (linger). */
import { type LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { dataBatch } from './control-batches.ts';

export interface PendingBatch {
  readonly baseOffset: Offset;
  readonly values: readonly Uint8Array[];
}

export class BatchAccumulator {
  /** Monotonic milliseconds; null while there is nothing to append. */
  drainDeadlineMs: number | null = null;
  readonly #lingerMs: number;
  #nextOffset: Offset;
  #pending: PendingBatch[] = [];

  constructor(nextOffset: Offset, lingerMs: number) {
    this.#nextOffset = nextOffset;
    this.#lingerMs = lingerMs;
  }

  /** Takes one atomic batch and returns its last offset. */
  add(values: readonly Uint8Array[], nowMs: number): Offset {
    this.#pending.push({ baseOffset: this.#nextOffset, values });
    const last = Offset(this.#nextOffset + values.length - 1);
    this.#nextOffset = Offset(last + 1);
    this.drainDeadlineMs ??= nowMs + this.#lingerMs;
    return last;
  }

  /** Encodes and hands over everything, each batch in its own record batch. */
  drain(epoch: LeaderEpoch, wallMs: number, append: (batch: Uint8Array) => void): void {
    const batches = this.#pending;
    this.#pending = [];
    this.drainDeadlineMs = null;
    for (const batch of batches) append(dataBatch(batch.values, batch.baseOffset, epoch, wallMs));
  }
}
