/** OffsetForLeaderEpoch for one partition (KIP-101). */
import { ErrorCode } from '../protocol/errors.ts';
import { type LeaderEpoch, NONE, type Offset } from '../protocol/numbers.ts';
import type { Partition } from './partition.ts';

export interface EpochEndResult {
  readonly error: number;
  /** -1: nothing is known; so of the offset. */
  readonly leaderEpoch: LeaderEpoch;
  readonly endOffset: Offset;
}

/** Errors: NOT_LEADER_OR_FOLLOWER, FENCED_ / UNKNOWN_LEADER_EPOCH, KAFKA_STORAGE_ERROR. */
export function endOffsetForEpoch(
  partition: Partition,
  currentLeaderEpoch: LeaderEpoch,
  leaderEpoch: LeaderEpoch,
): EpochEndResult {
  const error = partition.checkAccess(currentLeaderEpoch, true);
  if (error !== ErrorCode.NONE) return { error, leaderEpoch: NONE, endOffset: NONE };
  const end = partition.log.endOffsetForEpoch(leaderEpoch);
  return { error, leaderEpoch: end?.epoch ?? NONE, endOffset: end?.endOffset ?? NONE };
}
