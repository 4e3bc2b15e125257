/** What a node concludes from the epoch and leader in any message (Kafka's maybeTransition and maybeHandleCommonResponse). */
import { invariant } from '../../ports/invariant.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { BrokerId, LeaderEpoch } from '../protocol/numbers.ts';
import { NO_BALLOT, type Quorum, unattached } from './quorum.ts';

export function becomeUnattached(quorum: Quorum, epoch: LeaderEpoch): void {
  quorum.become(unattached(epoch, quorum.electionDeadline()));
}

export function becomeFollower(quorum: Quorum, epoch: LeaderEpoch, leaderId: BrokerId): void {
  invariant(quorum.voters.has(leaderId) && leaderId !== quorum.self, () => `node ${quorum.self} can't follow ${leaderId}`);
  const fetchDeadlineMs = quorum.nowMs() + quorum.options.config['controller.quorum.fetch.timeout.ms'];
  const ballot = epoch === quorum.epoch ? quorum.role.ballot : NO_BALLOT;
  quorum.become({ name: 'follower', epoch, ballot, leaderId, fetchDeadlineMs, hasFetched: false, download: null });
}

/** Follows a newer epoch, or the leader of this one when it was not known. */
export function learn(quorum: Quorum, leaderId: BrokerId, epoch: LeaderEpoch): void {
  // A leader that left its epoch may hear itself named by those who have not heard; that is no news.
  const isNamed = leaderId >= 0 && leaderId !== quorum.self;
  if (epoch > quorum.epoch) {
    if (isNamed) becomeFollower(quorum, epoch, leaderId);
    else becomeUnattached(quorum, epoch);
    return;
  }
  if (epoch < quorum.epoch || !isNamed) return;
  const known = quorum.leaderId;
  invariant(known < 0 || known === leaderId, () => `epoch ${epoch} has two leaders, ${known} and ${leaderId}`);
  if (known < 0) becomeFollower(quorum, epoch, leaderId);
}

/** True: the answer is dealt with. False: it belongs to this epoch and its own handler goes on. */
export function isSettledByEpoch(quorum: Quorum, errorCode: number, leaderId: BrokerId, epoch: LeaderEpoch): boolean {
  if (epoch < quorum.epoch || errorCode === ErrorCode.UNKNOWN_LEADER_EPOCH) return true;
  const isOutdated = errorCode === ErrorCode.FENCED_LEADER_EPOCH || errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER;
  if (epoch > quorum.epoch || isOutdated) {
    learn(quorum, leaderId, epoch);
    return true;
  }
  learn(quorum, leaderId, epoch);
  return false;
}
