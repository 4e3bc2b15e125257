/** ListOffsets for one partition: a time, or one of Kafka's special timestamps, to an offset. */
import { ErrorCode } from '../protocol/errors.ts';
import { type LeaderEpoch, NONE, type Offset } from '../protocol/numbers.ts';
import type { Partition } from './partition.ts';

export const LATEST_TIMESTAMP = -1;
export const EARLIEST_TIMESTAMP = -2;
export const MAX_TIMESTAMP = -3;
export const EARLIEST_LOCAL_TIMESTAMP = -4;
export const LATEST_TIERED_TIMESTAMP = -5;
export const EARLIEST_PENDING_UPLOAD_TIMESTAMP = -6;

/** Who asks: a client sees what is committed (or stable), a replica sees the log. */
export type OffsetIsolation = 'read-uncommitted' | 'read-committed' | 'replica';

export interface ListOffsetsResult {
  readonly error: number;
  readonly timestamp: number;
  /** -1: there is none. */
  readonly offset: Offset;
  readonly leaderEpoch: LeaderEpoch;
}

const NOTHING: ListOffsetsResult = { error: ErrorCode.NONE, timestamp: NONE, offset: NONE, leaderEpoch: NONE };

/** Errors: NOT_LEADER_OR_FOLLOWER, FENCED_ / UNKNOWN_LEADER_EPOCH, KAFKA_STORAGE_ERROR, OFFSET_NOT_AVAILABLE (KIP-207). */
export function listOffsets(
  partition: Partition,
  timestamp: number,
  currentLeaderEpoch: LeaderEpoch,
  isolation: OffsetIsolation,
): ListOffsetsResult {
  const error = partition.checkAccess(currentLeaderEpoch, true);
  if (error !== ErrorCode.NONE) return { ...NOTHING, error };
  const { log, role } = partition;
  const lastFetchable =
    isolation === 'replica' ? log.visibleEndOffset : isolation === 'read-committed' ? log.lastStableOffset : log.highWatermark;
  // After an election the high watermark may lag behind offsets that consumers have already seen as the latest.
  const isBehindElection = isolation !== 'replica' && role.kind === 'leader' && role.epochStartOffset > log.highWatermark;
  switch (timestamp) {
    case LATEST_TIMESTAMP:
      if (isBehindElection) return { ...NOTHING, error: ErrorCode.OFFSET_NOT_AVAILABLE };
      return { error: ErrorCode.NONE, timestamp: NONE, offset: lastFetchable, leaderEpoch: partition.leaderEpoch };
    case EARLIEST_TIMESTAMP:
    case EARLIEST_LOCAL_TIMESTAMP: {
      const offset = log.logStartOffset;
      return { error: ErrorCode.NONE, timestamp: NONE, offset, leaderEpoch: log.epochForOffset(offset) ?? NONE };
    }
    // There is no tiered storage: nothing is there, and nothing waits to go there.
    case LATEST_TIERED_TIMESTAMP:
    case EARLIEST_PENDING_UPLOAD_TIMESTAMP:
      return NOTHING;
    default: {
      const found = timestamp === MAX_TIMESTAMP ? log.maxTimestampOffset() : log.offsetForTimestamp(timestamp);
      if (found !== null && found.offset < lastFetchable) {
        return {
          error: ErrorCode.NONE,
          timestamp: found.timestamp,
          offset: found.offset,
          leaderEpoch: found.leaderEpoch ?? NONE,
        };
      }
      return isBehindElection ? { ...NOTHING, error: ErrorCode.OFFSET_NOT_AVAILABLE } : NOTHING;
    }
  }
}
