/** Reads one partition's log for a fetch request: records, or that there is nothing new, or where the logs diverge. */
import { invariant } from '../../ports/invariant.ts';
import type { Log } from '../log/log.ts';
import type { AbortedTransaction, LogReadInfo, ReadBound } from '../log/types.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { NONE, type Offset } from '../protocol/numbers.ts';
import { type FetchParams, type FetchPartition, type FetchPartitionResult, failedFetch, NO_RECORDS } from './types.ts';

export class FetchReader {
  readonly #log: Log;
  /** By how far the reader may read, the last answer to a read that found nothing new. */
  readonly #idleResults = new Map<ReadBound, FetchPartitionResult>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Throws StorageError. */
  read(params: FetchParams, request: FetchPartition, maxBytes: number, minOneMessage: boolean): FetchPartitionResult {
    const log = this.#log;
    const { fetchOffset, lastFetchedEpoch } = request;
    const isOfThisLog = lastFetchedEpoch === NONE || lastFetchedEpoch === log.latestEpoch;
    const isAtEnd = fetchOffset === log.readableEnd(params.isolation) && fetchOffset >= log.logStartOffset;
    // Most partitions of most fetches have nothing new.
    if (isAtEnd && isOfThisLog && log.isReadable) return this.#nothingNew(fetchOffset, params.isolation);
    if (lastFetchedEpoch !== NONE) {
      const end = log.endOffsetForEpoch(lastFetchedEpoch);
      if (end === null || fetchOffset < log.logStartOffset) return failedFetch(ErrorCode.OFFSET_OUT_OF_RANGE);
      const isDiverging = end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset;
      if (isDiverging) return { ...this.offsets(), divergingEpoch: end };
    }
    const read = log.read(fetchOffset, { maxBytes, minOneMessage, upperBound: params.isolation });
    if (read === 'out-of-range') return failedFetch(ErrorCode.OFFSET_OUT_OF_RANGE);
    invariant(
      read.records.length === 0 || read.endOffset > fetchOffset,
      () => `a read from ${fetchOffset} on ends at ${read.endOffset}, with records`,
    );
    return this.#toResult(read, params.isolation);
  }

  /** A result without records: where this replica stands. */
  offsets(): FetchPartitionResult {
    const log = this.#log;
    return {
      ...failedFetch(ErrorCode.NONE),
      highWatermark: log.highWatermark,
      lastStableOffset: log.lastStableOffset,
      logStartOffset: log.logStartOffset,
    };
  }

  /** As a read of nothing at this replica's end; the same object as long as nothing moves. */
  #nothingNew(endOffset: Offset, isolation: ReadBound): FetchPartitionResult {
    const log = this.#log;
    const idleResult = this.#idleResults.get(isolation);
    const { highWatermark, lastStableOffset, logStartOffset } = log;
    const isCurrent =
      idleResult !== undefined &&
      idleResult.endOffset === endOffset &&
      idleResult.highWatermark === highWatermark &&
      idleResult.lastStableOffset === lastStableOffset &&
      idleResult.logStartOffset === logStartOffset;
    if (isCurrent) return idleResult;
    const result: FetchPartitionResult = {
      error: ErrorCode.NONE,
      records: NO_RECORDS,
      endOffset,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      divergingEpoch: null,
      preferredReadReplica: NONE,
      abortedTransactions: isolation === 'last-stable' ? [] : null,
      isNothingNew: true,
    };
    this.#idleResults.set(isolation, result);
    return result;
  }

  #toResult(read: LogReadInfo, isolation: ReadBound): FetchPartitionResult {
    return {
      error: ErrorCode.NONE,
      records: read.records,
      endOffset: read.endOffset,
      highWatermark: read.highWatermark,
      lastStableOffset: read.lastStableOffset,
      logStartOffset: read.logStartOffset,
      divergingEpoch: null,
      preferredReadReplica: NONE,
      abortedTransactions: isolation === 'last-stable' ? this.#abortedIn(read) : null,
      isNothingNew: false,
    };
  }
  #abortedIn({ records, startOffset, endOffset }: LogReadInfo): readonly AbortedTransaction[] {
    return records.length === 0 ? [] : this.#log.abortedTransactions(startOffset, endOffset);
  }
}
