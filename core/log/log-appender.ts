/** Appends to a log: what a leader accepts and gives offsets, and what a follower takes over as it is. */
import { invariant } from '../../ports/invariant.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { type BatchHeader, readBatchHeader } from '../protocol/records.ts';
import { placedBatch, rewriteBatches } from './append-rewrite.ts';
import { checkSegmentSize, type CheckedBatch, readBatches, type ValidBatches, validateForLeader } from './append-validation.ts';
import { type EndTxnMarker, readEndTxnMarker } from './control-records.ts';
import type { EpochCache } from './epoch-cache.ts';
import type { Flusher } from './flusher.ts';
import type { LogContext } from './log-context.ts';
import type { LogOffsets } from './log-offsets.ts';
import type { LogSegments } from './log-segments.ts';
import { checkProducers } from './producer-check.ts';
import type { ProducerBatch, ProducerState } from './producer-state.ts';
import type { SegmentRoller } from './segment-roller.ts';
import type { AppendError, AppendOrigin, LeaderAppendOptions, LogAppendInfo } from './types.ts';

/** The parts of a log that an append moves on. */
export interface AppendTargets {
  readonly offsets: LogOffsets;
  readonly segments: LogSegments;
  readonly epochs: EpochCache;
  readonly producers: ProducerState;
  readonly roller: SegmentRoller;
  readonly flusher: Flusher;
}

export class LogAppender {
  readonly #context: LogContext;
  readonly #offsets: LogOffsets;
  readonly #segments: LogSegments;
  readonly #epochs: EpochCache;
  readonly #producers: ProducerState;
  readonly #roller: SegmentRoller;
  readonly #flusher: Flusher;

  constructor(context: LogContext, targets: AppendTargets) {
    this.#context = context;
    this.#offsets = targets.offsets;
    this.#segments = targets.segments;
    this.#epochs = targets.epochs;
    this.#producers = targets.producers;
    this.#roller = targets.roller;
    this.#flusher = targets.flusher;
  }

  /** See Log.appendAsLeader. */
  appendAsLeader(batches: Uint8Array, leaderEpoch: LeaderEpoch, options: LeaderAppendOptions): LogAppendInfo | AppendError {
    const { env, partition, storage, config, directory } = this.#context;
    const { origin = 'client', verificationGuard = null, transactionVersion = null } = options;
    if (!storage.isOpen) return offlineError(directory);
    const received = readBatches(batches);
    if ('error' in received) return received;
    if (received.headers.length === 0) return { error: ErrorCode.INVALID_RECORD, message: 'there is no batch' };
    const nowMs = env.clock.wallMs();
    const endOffset = this.#offsets.logEndOffset;
    const codecs = env.compression;
    const checked = validateForLeader(batches, received, origin, leaderEpoch, endOffset, config, nowMs, codecs);
    if ('error' in checked) return checked;
    const rewritten = rewriteBatches(batches, received, checked, config, codecs);
    if ('error' in rewritten) return rewritten;
    const { bytes, valid } = rewritten;
    const refused = checkSegmentSize(valid, config);
    if (refused !== null) return refused;
    const isVerificationEnabled = this.#context.isVerificationEnabled();
    const claim = { origin, verificationGuard, transactionVersion, isVerificationEnabled };
    const answer = checkProducers(this.#producers, bytes, valid, claim, (event) => env.tracer.emit(event), partition, codecs);
    if (answer !== null && 'error' in answer) {
      const { error } = answer;
      const isOver = error === ErrorCode.INVALID_TXN_STATE || error === ErrorCode.INVALID_PRODUCER_EPOCH;
      const isTooLate = isOver && verificationGuard !== null;
      if (isTooLate) env.tracer.emit({ type: 'mark', name: 'log/verified-too-late' });
      return answer;
    }
    if (answer !== null) return this.#duplicateInfo(answer, leaderEpoch);
    try {
      return this.#appendValid(bytes, valid, checked, origin, leaderEpoch, nowMs);
    } catch (error) {
      return storage.refusal(error);
    }
  }

  /** See Log.appendAsFollower. */
  appendAsFollower(batches: Uint8Array): LogAppendInfo | AppendError {
    const { storage, directory } = this.#context;
    if (!storage.isOpen) return offlineError(directory);
    const valid = readBatches(batches);
    if ('error' in valid) return valid;
    let expected = this.#offsets.logEndOffset;
    for (const header of valid.headers) {
      if (header.baseOffset < expected) {
        return {
          error: ErrorCode.OFFSET_OUT_OF_RANGE,
          message: `base offset ${header.baseOffset} is below the next offset ${expected}`,
        };
      }
      expected = header.nextOffset;
    }
    try {
      return this.#appendValid(batches, valid, [], 'replication', NONE, 0);
    } catch (error) {
      return storage.refusal(error);
    }
  }

  /** An epoch begins at `startOffset`; nothing if it has begun already. Throws DiskError. */
  assignEpoch(epoch: LeaderEpoch, startOffset: Offset): void {
    if (epoch < 0 || !this.#epochs.assign(epoch, startOffset)) return;
    this.#context.env.tracer.emit({ type: 'epoch-assigned', partition: this.#context.partition, epoch, startOffset });
  }

  #duplicateInfo({ lastOffset, offsetDelta, timestamp }: ProducerBatch, leaderEpoch: LeaderEpoch): LogAppendInfo {
    const offset = Offset(lastOffset - offsetDelta);
    return {
      firstOffset: offset,
      lastOffset,
      leaderEpoch,
      maxTimestamp: timestamp,
      logStartOffset: this.#offsets.logStartOffset,
      logAppendTimeMs: this.#context.config['message.timestamp.type'] === 'LogAppendTime' ? timestamp : -1,
      recordCount: 0,
      sizeBytes: 0,
      duplicateOf: { offset, lastOffset, timestamp },
    };
  }

  #appendValid(
    bytes: Uint8Array,
    valid: ValidBatches,
    checked: readonly CheckedBatch[],
    origin: AppendOrigin,
    leaderEpoch: LeaderEpoch,
    nowMs: number,
  ): LogAppendInfo {
    const { config } = this.#context;
    const offsets = this.#offsets;
    const assigns = assignsOffsets(origin);
    const firstOffset = assigns ? offsets.logEndOffset : (valid.headers[0]?.baseOffset ?? offsets.logEndOffset);
    const byAppendTime = assigns && config['message.timestamp.type'] === 'LogAppendTime';
    let position = 0;
    let maxTimestamp = -1;
    for (const [index, received] of valid.headers.entries()) {
      let header: BatchHeader = received;
      let batch = bytes.subarray(position, position + received.sizeInBytes);
      position += received.sizeInBytes;
      if (assigns) {
        const ofRecords = checked[index]?.maxTimestamp ?? received.maxTimestamp;
        batch = placedBatch(batch, received, offsets.logEndOffset, leaderEpoch, ofRecords, byAppendTime ? nowMs : null);
        header = readBatchHeader(batch);
      }
      this.#appendBatch(header, batch, origin === 'replication' ? 'follower' : 'leader');
      if (header.maxTimestamp > maxTimestamp) maxTimestamp = header.maxTimestamp;
    }
    this.#flusher.onAppended(firstOffset, offsets.logEndOffset, config['flush.messages']);
    return {
      firstOffset,
      lastOffset: Offset(offsets.logEndOffset - 1),
      leaderEpoch: assigns ? leaderEpoch : (valid.headers.at(-1)?.leaderEpoch ?? NONE),
      maxTimestamp,
      logStartOffset: offsets.logStartOffset,
      logAppendTimeMs: byAppendTime ? nowMs : -1,
      recordCount: valid.recordCount,
      sizeBytes: valid.sizeBytes,
    };
  }

  #appendBatch(header: BatchHeader, batch: Uint8Array, role: 'leader' | 'follower'): void {
    const { env, partition } = this.#context;
    const offsets = this.#offsets;
    const isNext = role === 'leader' ? header.baseOffset === offsets.logEndOffset : header.baseOffset >= offsets.logEndOffset;
    invariant(
      isNext,
      () => `${partition}: a ${role}'s append at ${header.baseOffset}, and the log ends at ${offsets.logEndOffset}`,
    );
    const marker = readEndTxnMarker(header, batch, 0, env.compression);
    this.assignEpoch(header.leaderEpoch, header.baseOffset);
    // At the log's end, not at the batch, which may lie behind what a leader has compacted away: recovery takes no hole between two files.
    if (this.#roller.isDueBefore(header)) this.#roller.roll(offsets.logEndOffset);
    const segment = this.#segments.active;
    segment.append(header, batch);
    offsets.logEndOffset = header.nextOffset;
    // Told as soon as it is in the file: the indexes that follow may fail.
    env.tracer.emit({
      type: 'log-appended',
      partition,
      role,
      baseOffset: header.baseOffset,
      lastOffset: header.lastOffset,
      leaderEpoch: header.leaderEpoch,
      batch,
    });
    if (!env.random.sometimes('log/sparse-index')) segment.indexLast(header);
    invariant(
      this.#producers.endOffset <= header.baseOffset,
      () =>
        `${partition}: what is known of producers goes to ${this.#producers.endOffset}, beyond the batch at ${header.baseOffset}`,
    );
    const openedBefore = header.isTransactional ? this.#openTransactionOf(header.producerId) : NONE;
    const aborted = this.#producers.append(header, marker);
    if (aborted !== null) segment.txnIndex.append(aborted);
    if (header.isTransactional) this.#traceTransaction(header, marker, openedBefore, role);
  }

  #traceTransaction(
    { producerId, producerEpoch, baseOffset }: BatchHeader,
    marker: EndTxnMarker | null,
    openedBefore: Offset,
    role: 'leader' | 'follower',
  ): void {
    const { env, partition } = this.#context;
    const byLeader = role === 'leader';
    if (marker !== null) {
      const { commit, coordinatorEpoch } = marker;
      env.tracer.emit({
        type: 'transaction-marker-appended',
        partition,
        producerId,
        producerEpoch,
        coordinatorEpoch,
        commit,
        offset: baseOffset,
        firstOffset: openedBefore,
        byLeader,
      });
    } else if (openedBefore < 0 && this.#openTransactionOf(producerId) >= 0) {
      env.tracer.emit({ type: 'transaction-opened', partition, producerId, producerEpoch, firstOffset: baseOffset, byLeader });
    }
  }

  /** Where it begins; -1 if there is none. */
  #openTransactionOf(producerId: number): Offset {
    return this.#producers.entry(producerId)?.currentTxnFirstOffset ?? NONE;
  }
}

/** Do offsets and epoch come from the log (else from whom sent the batch)? */
function assignsOffsets(origin: AppendOrigin): boolean {
  return origin === 'client' || origin === 'coordinator';
}

function offlineError(directory: string): AppendError {
  return { error: ErrorCode.KAFKA_STORAGE_ERROR, message: `${directory} is offline` };
}
