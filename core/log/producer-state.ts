/**
 * What a log remembers of each producer (KIP-98, KIP-360): its epoch, its last five batches, its open transaction. Kafka's
 * ProducerStateManager and ProducerAppendInfo, without their files (producer-snapshots.ts).
 *
 * `check` decides about a batch and changes nothing; `append` records a batch that is in the log.
 */
import { invariant } from '../../ports/invariant.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { NONE, Offset } from '../protocol/numbers.ts';
import type { BatchHeader } from '../protocol/records.ts';
import type { ProducerSummary } from '../trace/log-events.ts';
import type { EndTxnMarker } from './control-records.ts';
import type { LogContext } from './log-context.ts';
import type { AbortedTxn } from './txn-index.ts';
import type { ActiveProducer, AppendError, AppendOrigin, OpenTransaction } from './types.ts';
import { type VerificationGuard, Verifications } from './verification.ts';

const MAX_SEQUENCE = 0x7fff_ffff;
const NO_EPOCH = -1;
const NO_SEQUENCE = -1;
/** As many as a producer may have in flight. */
const BATCHES_TO_RETAIN = 5;

export interface ProducerBatch {
  readonly lastSequence: number;
  readonly lastOffset: Offset;
  /** Records in the batch less one. */
  readonly offsetDelta: number;
  readonly timestamp: number;
}

export interface ProducerEntry {
  readonly producerId: number;
  producerEpoch: number;
  coordinatorEpoch: number;
  lastTimestamp: number;
  /** -1: no open transaction. */
  currentTxnFirstOffset: Offset;
  readonly batches: ProducerBatch[];
}

interface Transaction {
  readonly producerId: number;
  readonly firstOffset: Offset;
  /** The marker's offset; -1 while open. */
  lastOffset: Offset;
}

export type ProducerVerdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'duplicate'; readonly batch: ProducerBatch }
  | { readonly kind: 'reject'; readonly error: number; readonly message: string; readonly expectedSequence: number };

const ACCEPT: ProducerVerdict = { kind: 'accept' };

/** What a leader's append comes with, beside its batches. */
export interface AppendClaim {
  readonly origin: AppendOrigin;
  /** Null: the coordinator was not asked. */
  readonly verificationGuard: VerificationGuard | null;
  /** Of a transaction's marker: the `transaction.version` that it was decided under (KIP-1228); null if there is none to be. */
  readonly transactionVersion: number | null;
  /** transaction.partition.verification.enable */
  readonly isVerificationEnabled: boolean;
}

/** From this `transaction.version` on each transaction has an epoch of its own, and its marker the one after it (KIP-890). */
const EPOCH_BUMP_VERSION = 2;
const LAST_EPOCH = 0x7fff;

export class ProducerState {
  readonly verifications = new Verifications();
  readonly #producers = new Map<number, ProducerEntry>();
  /** By first offset, in ascending order. */
  readonly #ongoing = new Map<Offset, Transaction>();
  /** Completed, with the marker still at or above the high watermark. */
  readonly #unreplicated = new Map<Offset, Transaction>();
  /** State is that of the log below this offset. */
  #endOffset = Offset(0);

  get endOffset(): Offset {
    return this.#endOffset;
  }

  get size(): number {
    return this.#producers.size;
  }

  entries(): Iterable<ProducerEntry> {
    return this.#producers.values();
  }

  entry(producerId: number): ProducerEntry | undefined {
    return this.#producers.get(producerId);
  }

  advanceTo(offset: Offset): void {
    this.#endOffset = offset;
  }

  /** Starts over, from a snapshot's entries (none: empty) at `offset`. */
  reset(entries: readonly ProducerEntry[], offset: Offset): void {
    this.#producers.clear();
    this.#ongoing.clear();
    this.#unreplicated.clear();
    this.#endOffset = offset;
    for (const entry of entries) this.#producers.set(entry.producerId, entry);
    const open = entries.filter((entry) => entry.currentTxnFirstOffset >= 0);
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset);
    for (const { producerId, currentTxnFirstOffset: firstOffset } of open) {
      this.#ongoing.set(firstOffset, { producerId, firstOffset, lastOffset: NONE });
    }
  }

  /** May this batch of a producer with an id be appended by the leader? */
  check(header: BatchHeader, claim: AppendClaim, marker: EndTxnMarker | null): ProducerVerdict {
    const { origin } = claim;
    const entry = this.#producers.get(header.producerId);
    if (origin === 'client' && entry !== undefined) {
      const batch = findDuplicate(entry, header);
      if (batch !== null) return { kind: 'duplicate', batch };
    }
    if (marker !== null) return checkMarker(entry, header, marker, claim);
    const currentEpoch = entry?.producerEpoch ?? NO_EPOCH;
    if (header.producerEpoch < currentEpoch) {
      return reject(
        ErrorCode.INVALID_PRODUCER_EPOCH,
        `epoch ${header.producerEpoch} of producer ${header.producerId} is older than ${currentEpoch}`,
      );
    }
    if (header.isTransactional && !header.isControl && !this.#mayBegin(entry, header, claim)) {
      return reject(
        ErrorCode.INVALID_TXN_STATE,
        `producer ${header.producerId} has no open transaction here, and its coordinator was not asked for one`,
      );
    }
    if (origin === 'client') {
      const verdict = this.#checkSequence(entry, header);
      if (verdict !== ACCEPT) return verdict;
    }
    if (entry !== undefined && entry.currentTxnFirstOffset >= 0 && !header.isTransactional) {
      return reject(
        ErrorCode.INVALID_TXN_STATE,
        `producer ${header.producerId} has an open transaction, but the batch is not transactional`,
      );
    }
    return ACCEPT;
  }

  /**
   * A guard to append the producer's first batch of a transaction with, once its coordinator knows that this partition takes part; null if
   * the transaction is open here already. An error if the epoch is over.
   */
  startVerification(
    producerId: number,
    producerEpoch: number,
    sequence: number,
    supportsEpochBump: boolean,
    nowMs: number,
  ): VerificationGuard | AppendError | null {
    const entry = this.#producers.get(producerId);
    if (entry !== undefined && producerEpoch < entry.producerEpoch) {
      const message = `epoch ${producerEpoch} of producer ${producerId} is older than ${entry.producerEpoch}`;
      return { error: ErrorCode.INVALID_PRODUCER_EPOCH, message };
    }
    if (hasOpenTransaction(entry, producerEpoch)) return null;
    return this.verifications.start(producerId, producerEpoch, sequence, supportsEpochBump, nowMs);
  }

  /** May this transactional batch be the first of its transaction here, if it is? */
  #mayBegin(entry: ProducerEntry | undefined, header: BatchHeader, claim: AppendClaim): boolean {
    if (!claim.isVerificationEnabled || hasOpenTransaction(entry, header.producerEpoch)) return true;
    const guard = this.verifications.get(header.producerId)?.guard;
    return guard !== undefined && guard === claim.verificationGuard;
  }

  #checkSequence(entry: ProducerEntry | undefined, header: BatchHeader): ProducerVerdict {
    const { producerId, baseSequence } = header;
    const verification = this.verifications.get(producerId);
    // An epoch that is of one transaction alone begins with it: there is nothing before its first batch that may have been forgotten.
    const mustBeFirst = verification?.supportsEpochBump === true && (entry === undefined || entry.batches.length === 0);
    if (mustBeFirst && baseSequence !== 0) return outOfOrder(header, 0);
    if (verification !== undefined && baseSequence > verification.lowestSequence) {
      return outOfOrder(header, verification.lowestSequence);
    }
    return checkSequence(entry, header);
  }

  /** Records a batch that was appended (by whomever). Returns the transaction it aborted, for the transaction index. */
  append(header: BatchHeader, marker: EndTxnMarker | null): AbortedTxn | null {
    let aborted: AbortedTxn | null = null;
    if (header.producerId >= 0) {
      if (marker !== null) aborted = this.#appendMarker(header, marker);
      else if (!header.isControl) this.#appendData(header);
      if (header.isTransactional) this.#endVerification(header);
    }
    this.#endOffset = header.nextOffset;
    return aborted;
  }

  /** By where they begin. */
  openTransactions(): OpenTransaction[] {
    return Array.from(this.#ongoing.values(), ({ producerId, firstOffset }) => {
      const { producerEpoch, lastTimestamp } = this.#entryOf(producerId);
      return { producerId, producerEpoch, firstOffset, lastTimestamp };
    });
  }

  /** When the oldest open transaction was last written to; -1 if none is open. */
  get oldestTransactionTimestamp(): number {
    const oldest = this.#ongoing.values().next().value;
    return oldest === undefined ? NONE : this.#entryOf(oldest.producerId).lastTimestamp;
  }

  #entryOf(producerId: number): ProducerEntry {
    const entry = this.#producers.get(producerId);
    invariant(entry !== undefined, () => `producer ${producerId} has an open transaction and is not known`);
    return entry;
  }

  /** Where the oldest transaction begins that is open, or whose end is not yet below the high watermark; null if none is. */
  get firstUnstableOffset(): Offset | null {
    let first: Offset | null = this.#ongoing.keys().next().value ?? null;
    for (const offset of this.#unreplicated.keys()) if (first === null || offset < first) first = offset;
    return first;
  }

  onHighWatermark(highWatermark: Offset): void {
    if (this.#unreplicated.size === 0) return;
    for (const [offset, txn] of this.#unreplicated) if (txn.lastOffset < highWatermark) this.#unreplicated.delete(offset);
  }

  onLogStartOffset(logStartOffset: Offset): void {
    this.onHighWatermark(logStartOffset);
    if (this.#endOffset < logStartOffset) this.#endOffset = logStartOffset;
  }

  /** Forgets producers that wrote nothing for `expirationMs`, but for those with an open transaction. Returns whom. */
  removeExpired(nowMs: number, expirationMs: number): number[] {
    this.verifications.removeExpired(nowMs, expirationMs);
    const removed: number[] = [];
    for (const [id, entry] of this.#producers) {
      if (!isExpired(entry, nowMs, expirationMs)) continue;
      this.#producers.delete(id);
      removed.push(id);
    }
    return removed;
  }

  /** What a snapshot keeps of each producer. */
  summaries(): ProducerSummary[] {
    return Array.from(this.#producers.values(), (entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.batches.at(-1)?.lastSequence ?? NO_SEQUENCE,
      lastOffset: entry.batches.at(-1)?.lastOffset ?? NONE,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnFirstOffset: entry.currentTxnFirstOffset,
    }));
  }

  activeProducers(): ActiveProducer[] {
    return Array.from(this.#producers.values(), (entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.batches.at(-1)?.lastSequence ?? NO_SEQUENCE,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnStartOffset: entry.currentTxnFirstOffset,
    }));
  }

  /** The transaction is open here, or over. Not if the marker is the last one's, and the next has its epoch and has asked already. */
  #endVerification(header: BatchHeader): void {
    const verification = this.verifications.get(header.producerId);
    if (verification === undefined) return;
    const isOfTheNext = verification.supportsEpochBump && header.isControl && header.producerEpoch === verification.producerEpoch;
    if (!isOfTheNext) this.verifications.clear(header.producerId);
  }

  #entryFor(header: BatchHeader): ProducerEntry {
    let entry = this.#producers.get(header.producerId);
    if (entry === undefined) {
      entry = {
        producerId: header.producerId,
        producerEpoch: header.producerEpoch,
        coordinatorEpoch: -1,
        lastTimestamp: -1,
        currentTxnFirstOffset: NONE,
        batches: [],
      };
      this.#producers.set(header.producerId, entry);
    } else if (entry.producerEpoch !== header.producerEpoch) {
      entry.producerEpoch = header.producerEpoch;
      entry.batches.length = 0;
    }
    return entry;
  }

  #appendData(header: BatchHeader): void {
    const entry = this.#entryFor(header);
    if (entry.batches.length === BATCHES_TO_RETAIN) entry.batches.shift();
    entry.batches.push({
      lastSequence: header.lastSequence,
      lastOffset: header.lastOffset,
      offsetDelta: header.lastOffset - header.baseOffset,
      timestamp: header.maxTimestamp,
    });
    entry.lastTimestamp = header.maxTimestamp;
    if (header.isTransactional && entry.currentTxnFirstOffset < 0) {
      entry.currentTxnFirstOffset = header.baseOffset;
      this.#ongoing.set(header.baseOffset, { producerId: header.producerId, firstOffset: header.baseOffset, lastOffset: NONE });
    }
  }

  #appendMarker(header: BatchHeader, marker: EndTxnMarker): AbortedTxn | null {
    const entry = this.#entryFor(header);
    const firstOffset = entry.currentTxnFirstOffset;
    entry.coordinatorEpoch = marker.coordinatorEpoch;
    entry.currentTxnFirstOffset = NONE;
    entry.lastTimestamp = marker.timestamp;
    if (firstOffset < 0) return null;
    const txn = this.#ongoing.get(firstOffset);
    invariant(txn !== undefined, () => `transaction of producer ${header.producerId} at ${firstOffset} was never opened`);
    let lastStableOffset = Offset(header.baseOffset + 1);
    for (const other of this.#ongoing.values()) {
      if (other.producerId !== header.producerId) {
        lastStableOffset = other.firstOffset;
        break;
      }
    }
    this.#ongoing.delete(firstOffset);
    txn.lastOffset = header.baseOffset;
    this.#unreplicated.set(firstOffset, txn);
    return marker.commit ? null : { producerId: header.producerId, firstOffset, lastOffset: header.baseOffset, lastStableOffset };
  }
}

/** Tells what the log remembers of its producers, of everything below `endOffset`. */
export function tellProducers(
  { env, partition }: LogContext,
  occasion: 'load' | 'truncation' | 'snapshot',
  producers: ProducerState,
  endOffset: Offset,
): void {
  env.tracer.emit({ type: 'producer-state-told', partition, occasion, endOffset, producers: producers.summaries() });
}

function isExpired(entry: ProducerEntry, nowMs: number, expirationMs: number): boolean {
  return entry.currentTxnFirstOffset < 0 && nowMs - entry.lastTimestamp >= expirationMs;
}

/** The sequence number after `sequence`, which wraps from 2^31-1 to 0. */
function nextSequence(sequence: number): number {
  return sequence === MAX_SEQUENCE ? 0 : sequence + 1;
}

function firstSequence(batch: ProducerBatch): number {
  const first = batch.lastSequence - batch.offsetDelta;
  return first >= 0 ? first : first + MAX_SEQUENCE + 1;
}

function findDuplicate(entry: ProducerEntry, header: BatchHeader): ProducerBatch | null {
  if (entry.producerEpoch !== header.producerEpoch) return null;
  for (const batch of entry.batches) {
    if (batch.lastSequence === header.lastSequence && firstSequence(batch) === header.baseSequence) return batch;
  }
  return null;
}

function checkSequence(entry: ProducerEntry | undefined, header: BatchHeader): ProducerVerdict {
  // Without any memory of the producer (retention, DeleteRecords or expiry took it) any sequence is taken.
  if (entry === undefined || entry.producerEpoch === NO_EPOCH) return ACCEPT;
  const isNewEpoch = header.producerEpoch !== entry.producerEpoch;
  const expected = isNewEpoch ? 0 : nextSequence(entry.batches.at(-1)?.lastSequence ?? NO_SEQUENCE);
  if (header.baseSequence === expected) return ACCEPT;
  return outOfOrder(header, expected);
}

function outOfOrder(header: BatchHeader, expected: number): ProducerVerdict {
  return reject(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `sequence ${header.baseSequence} of producer ${header.producerId} (epoch ${header.producerEpoch}) should be ${expected}`,
    expected,
  );
}

function hasOpenTransaction(entry: ProducerEntry | undefined, producerEpoch: number): boolean {
  return entry !== undefined && entry.currentTxnFirstOffset >= 0 && entry.producerEpoch === producerEpoch;
}

/** Is this marker of the coordinator that the producer has now, and not of a transaction before the one that is open? */
function checkMarker(
  entry: ProducerEntry | undefined,
  header: BatchHeader,
  marker: EndTxnMarker,
  { transactionVersion }: AppendClaim,
): ProducerVerdict {
  invariant(transactionVersion !== null, () => `a marker of producer ${header.producerId} without its transaction version`);
  if (entry === undefined) return ACCEPT;
  const { producerId, producerEpoch } = header;
  const isBumped = transactionVersion >= EPOCH_BUMP_VERSION;
  const isNewEnough = isBumped ? producerEpoch > entry.producerEpoch : producerEpoch >= entry.producerEpoch;
  // Written again, because the answer was lost or the coordinator is a new one: the transaction is over, the marker changes nothing. The
  // last epoch of all can't be followed by another.
  const isRepeated =
    isBumped && producerEpoch === entry.producerEpoch && (entry.currentTxnFirstOffset < 0 || producerEpoch === LAST_EPOCH);
  if (!isNewEnough && !isRepeated) {
    const message = `the marker's epoch ${producerEpoch} of producer ${producerId} is too old: the last one is ${entry.producerEpoch}`;
    return reject(ErrorCode.INVALID_PRODUCER_EPOCH, message);
  }
  if (entry.coordinatorEpoch > marker.coordinatorEpoch) {
    return reject(
      ErrorCode.TRANSACTION_COORDINATOR_FENCED,
      `coordinator epoch ${marker.coordinatorEpoch} is older than ${entry.coordinatorEpoch}`,
    );
  }
  return ACCEPT;
}

function reject(error: number, message: string, expectedSequence = NO_SEQUENCE): ProducerVerdict {
  return { kind: 'reject', error, message, expectedSequence };
}
