/** What a producer with an id knows of its sequence in one partition (Kafka's TxnPartitionEntry). */
import type { ProducerBatch } from './producer-batch.ts';
import { decrementSequence, incrementSequence, NO_SEQUENCE, sequenceDistance } from './sequence.ts';

export interface ProducerIdAndEpoch {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export const NO_PRODUCER_ID: ProducerIdAndEpoch = { producerId: -1, producerEpoch: -1 };

export class PartitionSequence {
  #identity: ProducerIdAndEpoch;
  #nextSequence = 0;
  #lastAckedSequence = NO_SEQUENCE;
  /** -1: none. */
  lastAckedOffset = -1;
  /** Batches with a sequence and without final answer, in order of sequence. */
  readonly inFlight: ProducerBatch[] = [];
  /** The last sequence of a batch whose fate is unknown. */
  unresolvedSequence: number | null = null;

  constructor(identity: ProducerIdAndEpoch) {
    this.#identity = identity;
  }

  get identity(): ProducerIdAndEpoch {
    return this.#identity;
  }

  /** Would the next batch follow the last one that was acknowledged? */
  get isGapless(): boolean {
    return this.isNext(this.#nextSequence);
  }

  /** May this first batch of its queue be sent, as far as the order in the partition goes? `identity`: the producer's own by now. */
  mayDrain(batch: ProducerBatch, identity: ProducerIdAndEpoch): boolean {
    if (!batch.hasSequence) {
      if (this.inFlight.length > 0 && !this.isOf(identity)) return false;
      if (this.unresolvedSequence !== null) return false;
    }
    // While a retry is due, only it may go: the first in sequence.
    const first = this.inFlight[0];
    const isRetryDue = first !== undefined && batch.hasSequence && batch !== first;
    return !isRetryDue;
  }

  /** Gives a batch that is about to be sent for the first time the next sequence. `identity`: the producer's own by now. */
  assign(batch: ProducerBatch, identity: ProducerIdAndEpoch): void {
    if (!this.isOf(identity) && this.inFlight.length === 0) this.restart(identity);
    const { producerId, producerEpoch } = this.#identity;
    batch.setSequence(producerId, producerEpoch, this.#nextSequence);
    this.#nextSequence = incrementSequence(this.#nextSequence, batch.records.length);
    this.inFlight.push(batch);
  }

  /** A batch was split: its parts take over its stretch of the sequence. */
  replace(batch: ProducerBatch, parts: readonly ProducerBatch[]): void {
    let sequence = batch.baseSequence;
    for (const part of parts) {
      part.setSequence(batch.producerId, batch.producerEpoch, sequence);
      sequence = incrementSequence(sequence, part.records.length);
    }
    const index = this.inFlight.indexOf(batch);
    if (index >= 0) this.inFlight.splice(index, 1, ...parts);
  }

  /** A batch was acknowledged. `lastOffset`: of its last record, -1: not told. */
  completed(batch: ProducerBatch, lastOffset = -1): void {
    this.remove(batch);
    this.lastAckedOffset = Math.max(this.lastAckedOffset, lastOffset);
    if (!this.isCurrent(batch)) return;
    if (this.#lastAckedSequence === NO_SEQUENCE || sequenceDistance(this.#lastAckedSequence, batch.lastSequence) > 0)
      this.#lastAckedSequence = batch.lastSequence;
  }

  /** A batch was given up while its fate is unknown: no successor may go before that is resolved. */
  expired(batch: ProducerBatch): void {
    this.remove(batch);
    if (!this.isCurrent(batch)) return;
    if (this.unresolvedSequence === null || sequenceDistance(this.unresolvedSequence, batch.lastSequence) > 0)
      this.unresolvedSequence = batch.lastSequence;
  }

  /** Is it directly after the last batch of unknown fate? */
  isAfterUnresolved(batch: ProducerBatch): boolean {
    return this.unresolvedSequence !== null && batch.baseSequence === incrementSequence(this.unresolvedSequence, 1);
  }

  /** A batch is not and never will be in the log: those after it take its place in the sequence. */
  closeGap(batch: ProducerBatch): void {
    if (!this.isCurrent(batch)) return;
    const { producerId, producerEpoch } = this.#identity;
    for (const later of this.inFlight) {
      if (sequenceDistance(batch.baseSequence, later.baseSequence) < 0) continue;
      later.setSequence(producerId, producerEpoch, decrementSequence(later.baseSequence, batch.records.length));
      later.isRenumbered = true;
    }
    this.#nextSequence = decrementSequence(this.#nextSequence, batch.records.length);
  }

  /** Starts at the beginning, as `identity`; the batches that wait keep their order. */
  restart(identity: ProducerIdAndEpoch): void {
    this.#identity = identity;
    this.#lastAckedSequence = NO_SEQUENCE;
    this.unresolvedSequence = null;
    let sequence = 0;
    for (const batch of this.inFlight) {
      batch.setSequence(identity.producerId, identity.producerEpoch, sequence);
      batch.isRenumbered = true;
      sequence = incrementSequence(sequence, batch.records.length);
    }
    this.#nextSequence = sequence;
  }

  isOf({ producerId, producerEpoch }: ProducerIdAndEpoch): boolean {
    return producerId === this.#identity.producerId && producerEpoch === this.#identity.producerEpoch;
  }

  isCurrent(batch: ProducerBatch): boolean {
    return this.isOf(batch);
  }

  /** Does it follow the last one that was acknowledged? */
  isNext(sequence: number): boolean {
    return sequence === (this.#lastAckedSequence === NO_SEQUENCE ? 0 : incrementSequence(this.#lastAckedSequence, 1));
  }

  remove(batch: ProducerBatch): void {
    const index = this.inFlight.indexOf(batch);
    if (index >= 0) this.inFlight.splice(index, 1);
  }
}
