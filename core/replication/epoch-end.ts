/** OffsetForLeaderEpoch for one partition (KIP-101). */
import { ErrorCode } from '../protocol/errors.ts';
import type { Partition } from './partition.ts';
import { NONE } from './types.ts';

export interface EpochEndResult {
  readonly error: number;
  /** -1: nothing is known; so of the offset. */
  readonly leaderEpoch: number;
  readonly endOffset: number;
}

/** Errors: NOT_LEADER_OR_FOLLOWER, FENCED_ / UNKNOWN_LEADER_EPOCH, KAFKA_STORAGE_ERROR. */
export function endOffsetForEpoch(partition: Partition, currentLeaderEpoch: number, leaderEpoch: number): EpochEndResult {
  const error = partition.checkAccess(currentLeaderEpoch, true);
  if (error !== ErrorCode.NONE) return { error, leaderEpoch: NONE, endOffset: NONE };
  const end = partition.log.endOffsetForEpoch(leaderEpoch);
  return { error, leaderEpoch: end?.epoch ?? NONE, endOffset: end?.endOffset ?? NONE };
}
