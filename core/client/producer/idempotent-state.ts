/**
 * The idempotent producer's bookkeeping: producer id and epoch, and per partition the next sequence, the last acknowledged
 * one and the batches that have a sequence but no final answer. It is Kafka's TransactionManager for a producer without a
 * transactional id; for one that has it, see transaction-manager.ts.
 *
 * A gap in a partition's sequence that cannot be closed (a batch expired after it may have been sent, was refused for
 * good, or the leader lost the sequence) is healed by a new epoch (KIP-360): once no request with the partition's
 * batches is on its way, the epoch is raised and its waiting batches get new sequences from 0, in their order.
 */
import type { ClientEnvironment } from '../../environment.ts';
import { invariant } from '../../../ports/invariant.ts';
import { ErrorCode, errorName } from '../../protocol/errors.ts';
import { NO_PRODUCER_ID, PartitionSequence } from './partition-sequence.ts';
import type { ProducerIdAndEpoch } from './partition-sequence.ts';
import type { ProducerBatch } from './producer-batch.ts';
import type { Sequences } from './sequences.ts';

const MAX_EPOCH = 32_767;

interface Rewrite {
  readonly reason: string;
  readonly because: 'batch-failed' | 'sequence-lost';
}

type Identity = { readonly kind: 'none' } | { readonly kind: 'initializing' } | ({ readonly kind: 'ready' } & ProducerIdAndEpoch);

export class IdempotentState implements Sequences {
  readonly #env: ClientEnvironment;
  #identity: Identity = { kind: 'none' };
  readonly #partitions = new Map<string, PartitionSequence>();
  /** Partitions whose sequences start anew at the next bump, with the first reason. */
  readonly #toRewrite = new Map<string, Rewrite>();
  readonly isCompleting = false;

  constructor(env: ClientEnvironment) {
    this.#env = env;
  }

  get identity(): Identity {
    return this.#identity;
  }

  /** Must an InitProducerId be sent? */
  get needsProducerId(): boolean {
    return this.#identity.kind === 'none';
  }

  initializing(): void {
    this.#identity = { kind: 'initializing' };
  }

  initializationFailed(): void {
    this.#identity = { kind: 'none' };
  }

  initialized(producerId: number, producerEpoch: number): void {
    this.#identity = { kind: 'ready', producerId, producerEpoch };
    this.#env.tracer.emit({ type: 'producer-id-acquired', producerId, producerEpoch });
    this.#restartRewritten();
  }

  mayDrain(batch: ProducerBatch): boolean {
    if (this.#identity.kind !== 'ready' || this.#toRewrite.has(batch.key)) return false;
    return this.#partitions.get(batch.key)?.mayDrain(batch, this.#identity) ?? true;
  }

  assignSequence(batch: ProducerBatch): void {
    const identity = this.#identity;
    invariant(identity.kind === 'ready', () => 'a sequence without producer id');
    this.#sequenceOf(batch.key).assign(batch, identity);
  }

  replace(batch: ProducerBatch, parts: readonly ProducerBatch[]): void {
    this.#sequenceOf(batch.key).replace(batch, parts);
  }

  completed(batch: ProducerBatch): void {
    this.#sequenceOf(batch.key).completed(batch);
  }

  /** The place of a refused batch in the sequence stays empty, so a new epoch is due; after one of unknown fate others wait. */
  failed(batch: ProducerBatch, error: number, isRefused: boolean): void {
    if (!batch.hasSequence) return;
    const sequence = this.#sequenceOf(batch.key);
    if (!isRefused) {
      sequence.expired(batch);
      return;
    }
    sequence.remove(batch);
    if (sequence.isCurrent(batch)) this.#requestBump(batch.key, errorName(error), 'batch-failed');
  }

  /** Partitions with unknown fates whose batches are all answered: a gap asks for a new epoch. */
  resolve(): void {
    for (const [key, sequence] of this.#partitions) {
      if (sequence.unresolvedSequence === null || sequence.inFlight.length > 0) continue;
      sequence.unresolvedSequence = null;
      if (!sequence.isGapless) this.#requestBump(key, 'unresolved sequence');
    }
  }

  /** It may ask for a new epoch first. */
  mayRetry(batch: ProducerBatch, error: number): true | null {
    if (error !== ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && error !== ErrorCode.UNKNOWN_PRODUCER_ID) return null;
    const sequence = this.#sequenceOf(batch.key);
    if (!sequence.isCurrent(batch)) return true;
    if (error === ErrorCode.UNKNOWN_PRODUCER_ID) {
      this.#requestBump(batch.key, 'unknown producer id');
      return true;
    }
    if (sequence.unresolvedSequence === null) {
      if (sequence.isNext(batch.baseSequence)) this.#requestBump(batch.key, 'out of order sequence');
      // A predecessor is still being retried: after it this batch will be in order.
      return true;
    }
    if (sequence.isAfterUnresolved(batch)) this.#requestBump(batch.key, 'out of order sequence after an unresolved one');
    return true;
  }

  /** Raises the epoch if that is due and no batch of the partitions concerned is on its way. */
  bumpIfDue(): void {
    if (this.#toRewrite.size === 0 || this.#identity.kind !== 'ready') return;
    for (const key of this.#toRewrite.keys()) if (this.#sequenceOf(key).inFlight.some((batch) => batch.onWire)) return;
    const { producerId, producerEpoch } = this.#identity;
    if (producerEpoch >= MAX_EPOCH) {
      // The epochs of this id are used up: the next InitProducerId brings a new one.
      this.#identity = { kind: 'none' };
      return;
    }
    this.#identity = { kind: 'ready', producerId, producerEpoch: producerEpoch + 1 };
    const reason = this.#toRewrite.values().next().value?.reason ?? '';
    this.#env.tracer.emit({ type: 'producer-epoch-bumped', producerId, producerEpoch: producerEpoch + 1, reason });
    this.#restartRewritten();
  }

  #requestBump(key: string, reason: string, because: Rewrite['because'] = 'sequence-lost'): void {
    if (!this.#toRewrite.has(key)) this.#toRewrite.set(key, { reason, because });
  }

  #restartRewritten(): void {
    const identity = this.#identity;
    invariant(identity.kind === 'ready', () => 'sequences restart without producer id');
    for (const [key, { because }] of this.#toRewrite) {
      const sequence = this.#sequenceOf(key);
      const { producerId, producerEpoch: fromEpoch } = sequence.identity;
      for (const batch of sequence.inFlight)
        invariant(!batch.onWire, () => `${key}: new sequence for a batch that is on its way`);
      const sentBefore = sequence.inFlight.filter(({ attempts }) => attempts > 0);
      const fromSequences = sentBefore.map(({ baseSequence }) => baseSequence);
      sequence.restart(identity);
      for (const [at, { producerEpoch, baseSequence }] of sentBefore.entries()) {
        const fromSequence = fromSequences[at] as number;
        const renumbered = { partition: key, producerId, fromEpoch, fromSequence, producerEpoch, baseSequence, because };
        this.#env.tracer.emit({ type: 'producer-batch-renumbered', ...renumbered });
      }
    }
    this.#toRewrite.clear();
  }

  #sequenceOf(key: string): PartitionSequence {
    let sequence = this.#partitions.get(key);
    if (sequence === undefined) {
      sequence = new PartitionSequence(this.#identity.kind === 'ready' ? this.#identity : NO_PRODUCER_ID);
      this.#partitions.set(key, sequence);
    }
    return sequence;
  }
}
