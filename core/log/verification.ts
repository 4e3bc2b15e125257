/**
 * Producers whose transaction a leader has asked the coordinator about before their first batch of it (KIP-890): Kafka's
 * VerificationStateEntry. What was asked about is told by a guard, one for each time that it began: an answer that comes after the
 * transaction has ended, and the next one has begun, lets nothing into the log.
 */

/** Proves to the log that the coordinator was asked: equal only to itself. */
export class VerificationGuard {
  readonly producerId: number;

  constructor(producerId: number) {
    this.producerId = producerId;
  }
}

export interface Verification {
  readonly guard: VerificationGuard;
  /** The request that began it was of a client that knows an epoch for each transaction (Produce 12, TxnOffsetCommit 5). */
  readonly supportsEpochBump: boolean;
  readonly startedMs: number;
  /**
   * No batch beyond this one is taken before it: one that came later may be verified first, and the earlier one would be out of sequence for
   * ever.
   */
  lowestSequence: number;
  producerEpoch: number;
}

export class Verifications {
  readonly #byProducer = new Map<number, Verification>();

  get(producerId: number): Verification | undefined {
    return this.#byProducer.get(producerId);
  }

  /** The guard to append with: of the verification that is under way, or of a new one. */
  start(
    producerId: number,
    producerEpoch: number,
    sequence: number,
    supportsEpochBump: boolean,
    nowMs: number,
  ): VerificationGuard {
    let entry = this.#byProducer.get(producerId);
    if (entry === undefined) {
      const guard = new VerificationGuard(producerId);
      entry = { guard, supportsEpochBump, startedMs: nowMs, lowestSequence: sequence, producerEpoch };
      this.#byProducer.set(producerId, entry);
    }
    if (producerEpoch > entry.producerEpoch) {
      entry.producerEpoch = producerEpoch;
      entry.lowestSequence = sequence;
    } else if (producerEpoch === entry.producerEpoch && sequence < entry.lowestSequence) {
      entry.lowestSequence = sequence;
    }
    return entry.guard;
  }

  clear(producerId: number): void {
    this.#byProducer.delete(producerId);
  }

  removeExpired(nowMs: number, expirationMs: number): void {
    for (const [id, { startedMs }] of this.#byProducer) if (nowMs - startedMs >= expirationMs) this.#byProducer.delete(id);
  }
}
