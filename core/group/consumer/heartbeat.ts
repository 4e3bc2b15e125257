/**
 * What a heartbeat comes to (KIP-848), as a value: the member is taken in or updated, which may raise the group's epoch; the target assignment
 * is made anew if it is of an older one; and the member goes a step from what it has to what it is to have.
 */
import { compileRe2, PatternError } from '../../transaction/re2-pattern.ts';
import {
  type ConsumerGroupState,
  ownership,
  regexCounts,
  staticMember,
  subscribedByAny,
  subscribedTopicIds,
} from './consumer-group-state.ts';
import { type ConsumerMember, isReconciledTo, JOIN_EPOCH, newMember, regexOf, STATIC_LEAVE_EPOCH } from './consumer-member.ts';
import { reconcile } from './current-assignment.ts';
import { Draft } from './draft.ts';
import * as checks from './heartbeat-checks.ts';
import type { HeartbeatRequest, Refusal } from './heartbeat-checks.ts';
import { equalPartitions, NO_PARTITIONS } from './partitions.ts';
import { preferredAssignor, targetRecords } from './target-assignment.ts';
import { metadataHash } from './metadata-hash.ts';
import type { TopicsView } from './topics-view.ts';

/** What a decision is made with, beside the group and the request. */
export interface HeartbeatContext {
  readonly clientId: string;
  readonly clientHost: string;
  readonly topics: TopicsView;
  readonly wallMs: number;
  readonly maxSize: number;
  readonly assignmentIntervalMs: number;
  readonly defaultAssignor: string;
  /** Topics are to be looked at, whether the member changes or not. */
  readonly needsTopicsRefresh: boolean;
}

export interface HeartbeatDecision {
  readonly draft: Draft;
  readonly member: ConsumerMember;
  /** Whose place it takes, by their instance id. */
  readonly replaced: ConsumerMember | null;
  /** It went a step: the time that it has for giving up partitions begins anew, or ends. */
  readonly hasReconciled: boolean;
  /** It is told what it has. */
  readonly tellsAssignment: boolean;
  /** Topics were looked at. */
  readonly sawTopics: boolean;
  /** Its regular expression is a new one of the group: it is to be looked up. */
  readonly hasNewRegex: boolean;
}

/** Decides on a heartbeat that is not a leave. `state` is null where there is no group. */
export function decideHeartbeat(
  state: ConsumerGroupState | null,
  request: HeartbeatRequest,
  context: HeartbeatContext,
): HeartbeatDecision | Refusal {
  const joins = request.memberEpoch === JOIN_EPOCH;
  if (state === null && !joins) return checks.unknownGroup(request.groupId);
  const draft = new Draft(state);
  const isFull = draft.state.members.size >= context.maxSize && !draft.state.members.has(request.memberId);
  const isKnownInstance = request.instanceId !== null && staticMember(draft.state, request.instanceId) !== undefined;
  if (isFull && !isKnownInstance) return checks.full(context.maxSize);
  const found = request.instanceId === null ? dynamicMember(draft, request) : findStatic(draft, request, request.instanceId);
  if ('errorCode' in found) return found;
  const { member, replaced } = found;
  const updated = update(member, request, context);
  const hasChanged = !isSameMetadata(member, updated);
  if (hasChanged) draft.setMember(updated);
  const namesChanged = !isSameSet(member.subscribedTopicNames, updated.subscribedTopicNames);
  const regex = hasChanged ? updateRegex(draft, member, updated) : 'same';
  if (typeof regex === 'object') return regex;
  const assignorChanged =
    hasChanged &&
    preferredAssignor(state?.members.values() ?? [], context.defaultAssignor) !==
      preferredAssignor(draft.state.members.values(), context.defaultAssignor);
  const isRaised = namesChanged || assignorChanged || regex === 'resolved';
  const sawTopics = isRaised || context.needsTopicsRefresh;
  if (sawTopics) {
    const hash = metadataHash(subscribedByAny(draft.state.members.values(), draft.state.regexes), context.topics);
    if (isRaised || hash !== draft.state.metadataHash) draft.raiseEpoch(hash);
    if (draft.state.hasPartitionMetadata) draft.add({ kind: 'partition-metadata', value: null });
  }
  updateTarget(draft, context);
  const hasSubscriptionChanged = namesChanged || regex !== 'same';
  const next = step(draft, updated, request, context.topics, hasSubscriptionChanged);
  const hasReconciled = next !== updated;
  if (hasReconciled) draft.setCurrent(next);
  const { rebalanceTimeoutMs, subscribedTopicNames: names, subscribedTopicRegex, topicPartitions } = request;
  const isFullRequest = rebalanceTimeoutMs !== -1 && (names ?? subscribedTopicRegex) !== null && topicPartitions !== null;
  const tellsAssignment = joins || isFullRequest || !equalPartitions(member.assigned, next.assigned);
  return { draft, member: next, replaced, hasReconciled, tellsAssignment, sawTopics, hasNewRegex: regex === 'new' };
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
  const member = { ...holder, memberId, memberEpoch: 0, previousMemberEpoch: 0 };
  const target = draft.state.target.get(holder.memberId) ?? NO_PARTITIONS;
  draft.removeMember(holder.memberId);
  draft.setMember(member);
  draft.add({ kind: 'target', memberId, value: target });
  draft.setCurrent(member);
  return { member, replaced: holder };
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

function isSameMetadata(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.serverAssignor === b.serverAssignor &&
    a.subscribedTopicRegex === b.subscribedTopicRegex &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.classic === b.classic &&
    isSameSet(a.subscribedTopicNames, b.subscribedTopicNames)
  );
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((each) => b.includes(each)));
}

/**
 * Of the regular expression: the same as before; another, whose topics are known already (or none any more); one that others wait for; or one
 * that is new to the group. The topics of one that nobody subscribes to any more are forgotten. `draft` has the member as it is now.
 */
function updateRegex(
  draft: Draft,
  before: ConsumerMember,
  after: ConsumerMember,
): 'same' | 'resolved' | 'unresolved' | 'new' | Refusal {
  if (before.subscribedTopicRegex === after.subscribedTopicRegex) return 'same';
  const [old, regex] = [regexOf(before), regexOf(after)];
  const counts = regexCounts(draft.state.members.values());
  if (old !== null && !counts.has(old)) draft.add({ kind: 'regex', regex: old, value: null });
  if (regex === null) return old === null ? 'unresolved' : 'resolved';
  if ((counts.get(regex) ?? 0) > 1) return draft.state.regexes.has(regex) ? 'resolved' : 'unresolved';
  const problem = regexProblem(regex);
  return problem === null ? 'new' : checks.invalidRegex(regex, problem);
}

function regexProblem(regex: string): string | null {
  try {
    compileRe2(regex);
    return null;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

/** Makes the target assignment for the group's epoch, unless the last one is too young. */
function updateTarget(draft: Draft, { assignmentIntervalMs, wallMs, defaultAssignor, topics }: HeartbeatContext): void {
  const { epoch, assignmentEpoch, assignmentTimestamp, members } = draft.state;
  if (assignmentEpoch >= epoch) return;
  const mayCompute =
    assignmentTimestamp === 0 || assignmentIntervalMs === 0 || wallMs >= assignmentTimestamp + assignmentIntervalMs;
  if (!mayCompute) return;
  const assignor = preferredAssignor(members.values(), defaultAssignor);
  draft.add(...targetRecords(draft.state, { assignor, wallMs, topics }));
}

function step(
  { state }: Draft,
  member: ConsumerMember,
  { topicPartitions: reported }: HeartbeatRequest,
  topics: TopicsView,
  hasSubscriptionChanged: boolean,
): ConsumerMember {
  const targetEpoch = state.assignmentEpoch;
  if (!hasSubscriptionChanged && isReconciledTo(member, targetEpoch)) return member;
  const next = reconcile(member, {
    targetEpoch,
    target: state.target.get(member.memberId) ?? NO_PARTITIONS,
    hasSubscriptionChanged,
    subscribedTopicIds: subscribedTopicIds(member, state.regexes, topics),
    isOwned: ownership(state),
    reported,
  });
  return isSameAssignment(member, next) ? member : next;
}

function isSameAssignment(a: ConsumerMember, b: ConsumerMember): boolean {
  if (a === b) return true;
  const isSameEpoch = a.memberEpoch === b.memberEpoch && a.previousMemberEpoch === b.previousMemberEpoch && a.state === b.state;
  return isSameEpoch && equalPartitions(a.assigned, b.assigned) && equalPartitions(a.pendingRevocation, b.pendingRevocation);
}
