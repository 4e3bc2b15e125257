/**
 * What a heartbeat comes to (KIP-848), as a value: who the member is, whether it may say what it says, and what becomes of the group
 * (member-update.ts).
 */
import { type ConsumerGroupState, staticMember } from './consumer-group-state.ts';
import { type ConsumerMember, JOIN_EPOCH, newMember, STATIC_LEAVE_EPOCH } from './consumer-member.ts';
import { Draft } from './draft.ts';
import * as checks from './heartbeat-checks.ts';
import type { HeartbeatRequest, Refusal } from './heartbeat-checks.ts';
import { type MemberUpdate, type UpdateContext, updateMember } from './member-update.ts';
import { equalPartitions, NO_PARTITIONS } from './partitions.ts';

/** What a decision is made with, beside the group and the request. */
export interface HeartbeatContext extends UpdateContext {
  readonly clientId: string;
  readonly clientHost: string;
  readonly maxSize: number;
}

export interface HeartbeatDecision extends MemberUpdate {
  readonly draft: Draft;
  /** Whose place it takes, by their instance id. */
  readonly replaced: ConsumerMember | null;
  /** It is told what it has. */
  readonly tellsAssignment: boolean;
}

/** Decides on a heartbeat that is not a leave. `state` is null where there is no group; `draft` has what comes before in the same write. */
export function decideHeartbeat(
  state: ConsumerGroupState | null,
  request: HeartbeatRequest,
  context: HeartbeatContext,
  draft = new Draft(state),
): HeartbeatDecision | Refusal {
  const joins = request.memberEpoch === JOIN_EPOCH;
  if (state === null && !joins) return checks.unknownGroup(request.groupId);
  const isFull = draft.state.members.size >= context.maxSize && !draft.state.members.has(request.memberId);
  const isKnownInstance = request.instanceId !== null && staticMember(draft.state, request.instanceId) !== undefined;
  if (isFull && !isKnownInstance) return checks.full(context.maxSize);
  const found = request.instanceId === null ? dynamicMember(draft, request) : findStatic(draft, request, request.instanceId);
  if ('errorCode' in found) return found;
  const { member, replaced } = found;
  const after = update(member, request, context);
  const change = { before: member, after, reported: request.topicPartitions };
  const updated = updateMember(state, draft, change, context);
  if ('errorCode' in updated) return updated;
  const { rebalanceTimeoutMs, subscribedTopicNames: names, subscribedTopicRegex, topicPartitions } = request;
  const isFullRequest = rebalanceTimeoutMs !== -1 && (names ?? subscribedTopicRegex) !== null && topicPartitions !== null;
  const tellsAssignment = joins || isFullRequest || !equalPartitions(member.assigned, updated.member.assigned);
  return { ...updated, draft, replaced, tellsAssignment };
}

interface Found {
  readonly member: ConsumerMember;
  readonly replaced: ConsumerMember | null;
}

function dynamicMember({ state }: Draft, { groupId, memberId, memberEpoch, topicPartitions }: HeartbeatRequest): Found | Refusal {
  const member = state.members.get(memberId) ?? (memberEpoch === JOIN_EPOCH ? newMember(memberId) : null);
  if (member === null) return checks.unknownMember(groupId, memberId);
  return checks.epochRefusal(member, memberEpoch, topicPartitions) ?? { member, replaced: null };
}

/** A static member; if it joins under another id, it takes the place of the one before, with what that one had. */
function findStatic(draft: Draft, request: HeartbeatRequest, instanceId: string): Found | Refusal {
  const { memberId, memberEpoch, topicPartitions } = request;
  const holder = staticMember(draft.state, instanceId);
  if (memberEpoch !== JOIN_EPOCH) {
    const refused = checks.instanceRefusal(holder, instanceId, memberId);
    if (refused !== null) return refused;
    return (
      checks.epochRefusal(holder as ConsumerMember, memberEpoch, topicPartitions) ?? {
        member: holder as ConsumerMember,
        replaced: null,
      }
    );
  }
  if (holder === undefined) return { member: draft.state.members.get(memberId) ?? newMember(memberId), replaced: null };
  if (holder.classic === null && holder.memberEpoch !== STATIC_LEAVE_EPOCH) return checks.unreleased(holder, instanceId);
  return { member: replaceStatic(draft, holder, memberId), replaced: holder };
}

/** Puts another member in the place of a static one, with all that it has. */
export function replaceStatic(draft: Draft, holder: ConsumerMember, memberId: string): ConsumerMember {
  const member = { ...holder, memberId, memberEpoch: 0, previousMemberEpoch: 0 };
  const target = draft.state.target.get(holder.memberId) ?? NO_PARTITIONS;
  draft.removeMember(holder.memberId);
  draft.setMember(member);
  draft.add({ kind: 'target', memberId, value: target });
  draft.setCurrent(member);
  return member;
}

/** With what the request says; what it leaves out is as it was. */
function update(member: ConsumerMember, request: HeartbeatRequest, { clientId, clientHost }: HeartbeatContext): ConsumerMember {
  return {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    subscribedTopicNames:
      request.subscribedTopicNames === null ? member.subscribedTopicNames : [...new Set(request.subscribedTopicNames)].sort(),
    subscribedTopicRegex: request.subscribedTopicRegex ?? member.subscribedTopicRegex,
    clientId,
    clientHost,
    classic: null,
  };
}
