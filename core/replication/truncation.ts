/** Where a follower cuts its log when the leader says that the two have diverged (KIP-101, KIP-279). */
import { lesser } from '../../ports/brand.ts';
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';

export interface EpochEnd {
  readonly epoch: LeaderEpoch;
  readonly endOffset: Offset;
}

/**
 * The leader's answer is the largest epoch it knows up to the follower's last one, and where that epoch ends at the leader. If
 * the follower knows that epoch too, both agree up to the smaller of the two ends. If not, the follower goes back to the end
 * of its largest epoch below, and its next fetch asks about that one: so step by step to an epoch both have.
 * `own`: what the follower's log says of the leader's epoch; null if all its epochs are larger.
 */
export function truncationOffset(leader: EpochEnd, own: EpochEnd | null, logEndOffset: Offset): Offset {
  if (own === null) return lesser(leader.endOffset, logEndOffset);
  const isSharedEpoch = own.epoch === leader.epoch;
  const common = isSharedEpoch ? lesser(own.endOffset, leader.endOffset) : own.endOffset;
  return lesser(common, logEndOffset);
}
