/**
 * What becomes of a group when a member says who it is and what it wants, by whichever protocol: the group's epoch may be raised, the target
 * assignment is made anew if it is of an older one, and the member goes a step from what it has to what it is to have.
 */
import { compileRe2, PatternError } from '../../transaction/re2-pattern.ts';
import { type ConsumerGroupState, ownership, regexCounts, subscribedByAny, subscribedTopicIds } from './consumer-group-state.ts';
import { type ConsumerMember, isReconciledTo, regexOf } from './consumer-member.ts';
import { reconcile } from './current-assignment.ts';
import type { Draft } from './draft.ts';
import * as checks from './heartbeat-checks.ts';
import type { Refusal } from './heartbeat-checks.ts';
import { metadataHash } from './metadata-hash.ts';
import { equalPartitions, NO_PARTITIONS, type TopicPartitions } from './partitions.ts';
import { preferredAssignor, targetRecords } from './target-assignment.ts';
import type { TopicsView } from './topics-view.ts';

/** What a decision is made with, beside the group and the member. */
export interface UpdateContext {
  readonly topics: TopicsView;
  readonly wallMs: number;
  readonly assignmentIntervalMs: number;
  readonly defaultAssignor: string;
  /** Topics are to be looked at, whether the member changes or not. */
  readonly needsTopicsRefresh: boolean;
}

export interface MemberChange {
  /** In a group that has it already, if it is not new. */
  readonly before: ConsumerMember;
  readonly after: ConsumerMember;
  /** What it says that it has; null: nothing new since it last said. */
  readonly reported: readonly TopicPartitions[] | null;
}

export interface MemberUpdate {
  readonly member: ConsumerMember;
  /** It went a step: the time that it has for giving up partitions begins anew, or ends. */
  readonly hasReconciled: boolean;
  /** Topics were looked at. */
  readonly sawTopics: boolean;
  /** Its regular expression is a new one of the group: it is to be looked up. */
  readonly hasNewRegex: boolean;
}

/**
 * Decides. `state` is the group before anything of this was drafted; null: there was none. With `mayAssign` false no target assignment is made:
 * if one is due, the member stays where it is.
 */
export function updateMember(
  state: ConsumerGroupState | null,
  draft: Draft,
  { before, after, reported }: MemberChange,
  context: UpdateContext,
  mayAssign = true,
): MemberUpdate | Refusal {
  const hasChanged = !isSameMetadata(before, after);
  if (hasChanged) draft.setMember(after);
  const namesChanged = !isSameSet(before.subscribedTopicNames, after.subscribedTopicNames);
  const regex = hasChanged ? updateRegex(draft, before, after) : 'same';
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
  const hasNewRegex = regex === 'new';
  if (mayAssign) updateTarget(draft, context);
  else if (draft.state.assignmentEpoch < draft.state.epoch)
    return { member: after, hasReconciled: false, sawTopics, hasNewRegex };
  const next = step(draft, after, reported, context.topics, namesChanged || regex !== 'same');
  const hasReconciled = next !== after;
  if (hasReconciled) draft.setCurrent(next);
  return { member: next, hasReconciled, sawTopics, hasNewRegex };
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
function updateTarget(draft: Draft, { assignmentIntervalMs, wallMs, defaultAssignor, topics }: UpdateContext): void {
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
  reported: MemberChange['reported'],
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
