/** How members leave a consumer group, or are put out of it: as decisions, in records. */
import { ErrorCode } from '../../protocol/errors.ts';
import { type ConsumerGroupState, regexCounts, staticMember, subscribedByAny } from './consumer-group-state.ts';
import { type ConsumerMember, regexOf, STATIC_LEAVE_EPOCH } from './consumer-member.ts';
import { Draft } from './draft.ts';
import * as checks from './heartbeat-checks.ts';
import type { HeartbeatRequest, Refusal } from './heartbeat-checks.ts';
import { NO_PARTITIONS } from './partitions.ts';
import { metadataHash } from './metadata-hash.ts';
import type { TopicsView } from './topics-view.ts';

export interface Leave {
  readonly member: ConsumerMember;
  /** Its place is kept: it comes back within its session. Null: it goes for good. */
  readonly absence: Draft | null;
}

/** Decides on a heartbeat with epoch -1 or -2. */
export function decideLeave(state: ConsumerGroupState | null, request: HeartbeatRequest): Leave | Refusal {
  const { groupId, memberId, instanceId, memberEpoch } = request;
  if (state === null) return checks.unknownGroup(groupId);
  const member = instanceId === null ? state.members.get(memberId) : staticMember(state, instanceId);
  const refused = instanceId === null ? null : checks.instanceRefusal(member, instanceId, memberId);
  if (refused !== null) return refused;
  if (member === undefined) return checks.unknownMember(groupId, memberId);
  const isForAWhile = instanceId !== null && memberEpoch === STATIC_LEAVE_EPOCH;
  return { member, absence: isForAWhile ? leaveForAWhile(state, member) : null };
}

/** What it has stays its own, as of epoch 0: whoever comes back under the instance id may commit it. */
function leaveForAWhile(state: ConsumerGroupState, member: ConsumerMember): Draft {
  const draft = new Draft(state);
  const assigned = new Map(
    [...member.assigned].map(([topicId, epochs]) => [topicId, new Map([...epochs.keys()].map((p) => [p, 0]))]),
  );
  draft.setCurrent({ ...member, memberEpoch: STATIC_LEAVE_EPOCH, assigned, pendingRevocation: NO_PARTITIONS });
  return draft;
}

/** Who of some leaves by a LeaveGroup of the classic protocol, which an operator may send for any member, and what each is answered. */
export function leaversOf(
  state: ConsumerGroupState,
  asked: readonly { readonly memberId: string; readonly groupInstanceId: string | null }[],
): { readonly members: ReadonlySet<ConsumerMember>; readonly errors: readonly number[] } {
  const members = new Set<ConsumerMember>();
  const errors = asked.map(({ memberId, groupInstanceId }) => {
    const member = groupInstanceId === null ? state.members.get(memberId) : staticMember(state, groupInstanceId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (groupInstanceId !== null && memberId !== '' && memberId !== member.memberId) return ErrorCode.FENCED_INSTANCE_ID;
    members.add(member);
    return ErrorCode.NONE;
  });
  return { members, errors };
}

/**
 * Takes members out: all that they had is free, and the next heartbeat of anybody else finds that the group needs another assignment. If nobody
 * is left, it has it.
 */
export function fence(state: ConsumerGroupState, members: Iterable<ConsumerMember>, topics: TopicsView): Draft {
  const draft = new Draft(state);
  const gone = [...members];
  for (const { memberId } of gone) draft.removeMember(memberId);
  const left = regexCounts(draft.state.members.values());
  for (const regex of new Set(gone.map(regexOf)))
    if (regex !== null && !left.has(regex)) draft.add({ kind: 'regex', regex, value: null });
  draft.raiseEpoch(metadataHash(subscribedByAny(draft.state.members.values(), draft.state.regexes), topics));
  if (draft.state.members.size === 0)
    draft.add({ kind: 'target-epoch', value: { assignmentEpoch: draft.state.epoch, assignmentTimestamp: 0 } });
  return draft;
}
