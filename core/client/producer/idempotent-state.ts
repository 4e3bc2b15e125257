/**
 * The idempotent producer's bookkeeping: producer id and epoch, and per partition the next sequence, the last acknowledged
 * one and the batches that have a sequence but no final answer. Kafka's TransactionManager without transactions, which
 * would add their states here.
 *
 * A gap in a partition's sequence that cannot be closed (a batch expired after it may have been sent, was refused for
 * good, or the leader lost the sequence) is healed by a new epoch (KIP-360): once no request with the partition's
 * batches is on its way, the epoch is raised and its waiting batches get new sequences from 0, in their order.
 */
import type { ClientEnvironment } from '../../environment.ts';
import { invariant } from '../../../ports/invariant.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { ProducerBatch } from './producer-batch.ts';
import { incrementSequence, NO_SEQUENCE, sequenceDistance } from './sequence.ts';

const MAX_EPOCH = 32_767;

interface PartitionState {
  producerId: number;
  producerEpoch: number;
  nextSequence: number;
  lastAckedSequence: number;
  /** Batches with a sequence and without final answer, in order of sequence. */
  inFlight: ProducerBatch[];
  /** The last sequence of a batch whose fate is unknown. */
  unresolvedSequence: number | null;
}

interface Rewrite {
  readonly reason: string;
  readonly because: 'batch-failed' | 'sequence-lost';
}

type Identity =
  | { readonly kind: 'none' }
  | { readonly kind: 'initializing' }
  | { readonly kind: 'ready'; readonly producerId: number; readonly producerEpoch: number };

export class IdempotentState {
  readonly #env: ClientEnvironment;
  #identity: Identity = { kind: 'none' };
  readonly #partitions = new Map<string, PartitionState>();
  /** Partitions whose sequences start anew at the next bump, with the first reason. */
  readonly #toRewrite = new Map<string, Rewrite>();
  readonly #firstSequence: number;

  /** `firstSequence` is 0 but in tests of the wrap. */
  constructor(env: ClientEnvironment, firstSequence = 0) {
    this.#env = env;
    this.#firstSequence = firstSequence;
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

  /** May this first batch of its queue be sent now? */
  mayDrain(batch: ProducerBatch): boolean {
    if (this.#identity.kind !== 'ready') return false;
    if (this.#toRewrite.has(batch.key)) return false;
    const state = this.#partitions.get(batch.key);
    if (state === undefined) return true;
    if (!batch.hasSequence) {
      if (state.inFlight.length > 0 && this.#isStale(state)) return false;
      if (state.unresolvedSequence !== null) return false;
    }
    // While a retry is due, only it may go: the first in sequence.
    const first = state.inFlight[0];
    const retryDue = first !== undefined && batch.hasSequence && batch !== first;
    return !retryDue;
  }

  /** Gives a batch that is about to be sent for the first time the partition's next sequence. */
  assignSequence(batch: ProducerBatch): void {
    const identity = this.#identity;
    invariant(identity.kind === 'ready', () => 'a sequence without producer id');
    const state = this.#stateOf(batch.key);
    if (this.#isStale(state) && state.inFlight.length === 0) this.#restart(state);
    batch.setSequence(state.producerId, state.producerEpoch, state.nextSequence);
    state.nextSequence = incrementSequence(state.nextSequence, batch.records.length);
    state.inFlight.push(batch);
  }

  /** A batch was split: its parts take over its stretch of the sequence. */
  replace(batch: ProducerBatch, parts: readonly ProducerBatch[]): void {
    const state = this.#stateOf(batch.key);
    let sequence = batch.baseSequence;
    for (const part of parts) {
      part.setSequence(batch.producerId, batch.producerEpoch, sequence);
      sequence = incrementSequence(sequence, part.records.length);
    }
    const index = state.inFlight.indexOf(batch);
    if (index >= 0) state.inFlight.splice(index, 1, ...parts);
  }

  completed(batch: ProducerBatch): void {
    const state = this.#stateOf(batch.key);
    this.#remove(state, batch);
    if (!this.#isCurrent(state, batch)) return;
    if (state.lastAckedSequence === NO_SEQUENCE || sequenceDistance(state.lastAckedSequence, batch.lastSequence) > 0)
      state.lastAckedSequence = batch.lastSequence;
  }

  /** A batch with a sequence failed with a final answer: its place in the sequence stays empty, so a new epoch is due. */
  failed(batch: ProducerBatch, reason: string): void {
    const state = this.#stateOf(batch.key);
    this.#remove(state, batch);
    if (this.#isCurrent(state, batch)) this.#requestBump(batch.key, reason, 'batch-failed');
  }

  /** A batch with a sequence was given up while its fate is unknown: no successor may go before that is resolved. */
  expired(batch: ProducerBatch): void {
    const state = this.#stateOf(batch.key);
    this.#remove(state, batch);
    if (!this.#isCurrent(state, batch)) return;
    if (state.unresolvedSequence === null || sequenceDistance(state.unresolvedSequence, batch.lastSequence) > 0)
      state.unresolvedSequence = batch.lastSequence;
  }

  /** Partitions with unknown fates whose batches are all answered: a gap asks for a new epoch. */
  resolve(): void {
    for (const [key, state] of this.#partitions) {
      if (state.unresolvedSequence === null || state.inFlight.length > 0) continue;
      state.unresolvedSequence = null;
      const gapless = this.#isNext(state, state.nextSequence);
      if (!gapless) this.#requestBump(key, 'unresolved sequence');
    }
  }

  /**
   * Is a sequence error one that a retry can get over? It may ask for a new epoch first.
   * Null: not an error of sequences.
   */
  mayRetry(batch: ProducerBatch, error: number): true | null {
    if (error !== ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && error !== ErrorCode.UNKNOWN_PRODUCER_ID) return null;
    const state = this.#stateOf(batch.key);
    if (!this.#isCurrent(state, batch)) return true;
    if (error === ErrorCode.UNKNOWN_PRODUCER_ID) {
      this.#requestBump(batch.key, 'unknown producer id');
      return true;
    }
    if (state.unresolvedSequence === null) {
      if (this.#isNext(state, batch.baseSequence)) this.#requestBump(batch.key, 'out of order sequence');
      // A predecessor is still being retried: after it this batch will be in order.
      return true;
    }
    const isAfterUnresolved = batch.baseSequence === incrementSequence(state.unresolvedSequence, 1);
    if (isAfterUnresolved) this.#requestBump(batch.key, 'out of order sequence after an unresolved one');
    return true;
  }

  /** Raises the epoch if that is due and no batch of the partitions concerned is on its way. */
  bumpIfDue(): void {
    if (this.#toRewrite.size === 0 || this.#identity.kind !== 'ready') return;
    for (const key of this.#toRewrite.keys()) if (this.#stateOf(key).inFlight.some((batch) => batch.onWire)) return;
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
    for (const [key, { because }] of this.#toRewrite) {
      const state = this.#stateOf(key);
      const { producerId, producerEpoch: fromEpoch } = state;
      const sentBefore = state.inFlight.filter(({ attempts }) => attempts > 0);
      const fromSequences = sentBefore.map(({ baseSequence }) => baseSequence);
      this.#restart(state);
      for (const [at, { producerEpoch, baseSequence }] of sentBefore.entries()) {
        const fromSequence = fromSequences[at] as number;
        const renumbered = { partition: key, producerId, fromEpoch, fromSequence, producerEpoch, baseSequence, because };
        this.#env.tracer.emit({ type: 'producer-batch-renumbered', ...renumbered });
      }
    }
    this.#toRewrite.clear();
  }

  /** Starts the partition's sequence at the beginning in the current epoch; its waiting batches keep their order. */
  #restart(state: PartitionState): void {
    const identity = this.#identity;
    invariant(identity.kind === 'ready', () => 'sequences restart without producer id');
    state.producerId = identity.producerId;
    state.producerEpoch = identity.producerEpoch;
    state.lastAckedSequence = NO_SEQUENCE;
    state.unresolvedSequence = null;
    let sequence = 0;
    for (const batch of state.inFlight) {
      invariant(!batch.onWire, () => `${batch.key}: new sequence for a batch that is on its way`);
      batch.setSequence(identity.producerId, identity.producerEpoch, sequence);
      sequence = incrementSequence(sequence, batch.records.length);
    }
    state.nextSequence = sequence;
  }

  #isStale(state: PartitionState): boolean {
    const identity = this.#identity;
    return (
      identity.kind !== 'ready' || identity.producerId !== state.producerId || identity.producerEpoch !== state.producerEpoch
    );
  }

  #isCurrent(state: PartitionState, batch: ProducerBatch): boolean {
    return batch.producerId === state.producerId && batch.producerEpoch === state.producerEpoch;
  }

  #isNext(state: PartitionState, sequence: number): boolean {
    const expected =
      state.lastAckedSequence === NO_SEQUENCE ? this.#startOf(state) : incrementSequence(state.lastAckedSequence, 1);
    return sequence === expected;
  }

  #startOf(state: PartitionState): number {
    return state.producerEpoch === 0 ? this.#firstSequence : 0;
  }

  #remove(state: PartitionState, batch: ProducerBatch): void {
    const index = state.inFlight.indexOf(batch);
    if (index >= 0) state.inFlight.splice(index, 1);
  }

  #stateOf(key: string): PartitionState {
    let state = this.#partitions.get(key);
    if (state === undefined) {
      const identity = this.#identity;
      state = {
        producerId: identity.kind === 'ready' ? identity.producerId : -1,
        producerEpoch: identity.kind === 'ready' ? identity.producerEpoch : -1,
        nextSequence: this.#firstSequence,
        lastAckedSequence: NO_SEQUENCE,
        inFlight: [],
        unresolvedSequence: null,
      };
      this.#partitions.set(key, state);
    }
    return state;
  }
}
