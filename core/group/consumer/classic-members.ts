/**
 * Members of a consumer group that go by the classic protocol (KIP-848, migration): what their JoinGroup, SyncGroup and Heartbeat come to. The
 * coordinator assigns for them too: no member leads, generations are member epochs, and a member that is to give up partitions or may have more is
 * told that the group rebalances.
 */
import { ErrorCode } from '../../protocol/errors.ts';
import type { RequestTypes } from '../../protocol/messages/index.ts';
import type { Protocol } from '../member.ts';
import { decodeSubscription, encodeAssignment } from './classic-protocol.ts';
import { type ConsumerGroupState, ownership, staticMember } from './consumer-group-state.ts';
import { type ConsumerMember, MemberState, newMember } from './consumer-member.ts';
import { Draft } from './draft.ts';
import { replaceStatic } from './heartbeat.ts';
import { type MemberUpdate, type UpdateContext, updateMember } from './member-update.ts';
import { hasPartition, NO_PARTITIONS } from './partitions.ts';
import type { TopicsView } from './topics-view.ts';

const CONSUMER = 'consumer';

type JoinRequest = RequestTypes['JoinGroup'];

export interface ClassicJoinContext extends UpdateContext {
  readonly clientId: string;
  readonly clientHost: string;
  readonly maxSize: number;
  /** As whom it joins: as it says, or as a new member. */
  readonly memberId: string;
  readonly rebalanceTimeoutMs: number;
  /** A new member must come back with its id before it counts (KIP-394). */
  readonly mustComeBack: boolean;
  /** The group becomes a classic one with whoever replaces this static member. */
  readonly downgradesWith: (replaced: ConsumerMember) => boolean;
}

export interface ClassicJoin extends MemberUpdate {
  readonly draft: Draft;
  readonly replaced: ConsumerMember | null;
  /** The group becomes a classic one; it rebalances if its target assignment is out of date. */
  readonly downgrade: { readonly rebalances: boolean } | null;
}

/** Decides on a JoinGroup; a number is the error that it is answered. */
export function decideClassicJoin(
  state: ConsumerGroupState,
  request: JoinRequest,
  context: ClassicJoinContext,
): ClassicJoin | number {
  const { memberId, clientId, clientHost } = context;
  if (state.members.size >= context.maxSize && !state.members.has(memberId)) return ErrorCode.GROUP_MAX_SIZE_REACHED;
  if (!supports(state, request.protocolType, request.protocols)) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  if (context.mustComeBack) return ErrorCode.MEMBER_ID_REQUIRED;
  const [first] = request.protocols;
  const subscription = first === undefined ? null : decodeSubscription(first.metadata);
  if (subscription === null) return ErrorCode.UNKNOWN_SERVER_ERROR;
  const draft = new Draft(state);
  const found = findMember(draft, request, memberId);
  if (typeof found === 'number') return found;
  const { member, replaced } = found;
  const after: ConsumerMember = {
    ...member,
    instanceId: request.groupInstanceId ?? member.instanceId,
    rackId: subscription.rackId === null || subscription.rackId === '' ? member.rackId : subscription.rackId,
    rebalanceTimeoutMs: context.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : context.rebalanceTimeoutMs,
    subscribedTopicNames: [...new Set(subscription.topics)].sort(),
    subscribedTopicRegex: '',
    clientId,
    clientHost,
    classic: { sessionTimeoutMs: request.sessionTimeoutMs, supportedProtocols: request.protocols },
  };
  const holder = request.groupInstanceId === null ? undefined : staticMember(state, request.groupInstanceId);
  const downgrades = holder !== undefined && context.downgradesWith(holder);
  const reported = subscription.owned(context.topics);
  const updated = updateMember(state, draft, { before: member, after, reported }, context, !downgrades);
  if ('errorCode' in updated) return updated.errorCode;
  const rebalances = draft.state.assignmentEpoch < draft.state.epoch;
  return { ...updated, draft, replaced, downgrade: downgrades ? { rebalances } : null };
}

function findMember(
  draft: Draft,
  { memberId: given, groupInstanceId }: JoinRequest,
  memberId: string,
): { readonly member: ConsumerMember; readonly replaced: ConsumerMember | null } | number {
  if (groupInstanceId === null) return { member: draft.state.members.get(memberId) ?? newMember(memberId), replaced: null };
  const holder = staticMember(draft.state, groupInstanceId);
  if (given !== '') {
    if (holder === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    return holder.memberId === given ? { member: holder, replaced: null } : ErrorCode.FENCED_INSTANCE_ID;
  }
  if (holder === undefined) return { member: newMember(memberId), replaced: null };
  return { member: replaceStatic(draft, holder, memberId), replaced: holder };
}

/** Would a member with these protocols fit? All members that go by the classic protocol must have one of them. */
function supports({ members }: ConsumerGroupState, protocolType: string, protocols: readonly Protocol[]): boolean {
  if (protocolType !== CONSUMER) return false;
  const classics = [...members.values()].flatMap(({ classic }) => classic ?? []);
  return protocols.some(({ name }) =>
    classics.every(({ supportedProtocols }) => supportedProtocols.some((other) => other.name === name)),
  );
}

/** The member that a SyncGroup or a Heartbeat is of, or the error that it is answered. */
export function classicMember(
  state: ConsumerGroupState,
  { memberId, groupInstanceId, generationId }: Pick<RequestTypes['Heartbeat'], 'memberId' | 'groupInstanceId' | 'generationId'>,
): ConsumerMember | number {
  const member = groupInstanceId === null ? state.members.get(memberId) : staticMember(state, groupInstanceId);
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (groupInstanceId !== null && member.memberId !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  if (member.classic === null) return ErrorCode.UNKNOWN_MEMBER_ID;
  return member.memberEpoch === generationId ? member : ErrorCode.ILLEGAL_GENERATION;
}

/** Why a member is not told what it has; NONE: nothing. */
export function syncRefusal(
  { assignmentEpoch }: ConsumerGroupState,
  member: ConsumerMember,
  { protocolType, protocolName }: Pick<RequestTypes['SyncGroup'], 'protocolType' | 'protocolName'>,
): number {
  const isOther =
    (protocolType !== null && protocolType !== CONSUMER) || (protocolName !== null && protocolName !== protocolOf(member));
  if (isOther) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  const mustRejoin = assignmentEpoch > member.memberEpoch && member.state !== MemberState.UNREVOKED_PARTITIONS;
  return mustRejoin ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

/** Is a member to join again: to catch up, to give up partitions, or to get what others gave up? */
export function mustRejoin(state: ConsumerGroupState, member: ConsumerMember): boolean {
  if (member.memberEpoch < state.assignmentEpoch || member.state === MemberState.UNREVOKED_PARTITIONS) return true;
  return member.state === MemberState.UNRELEASED_PARTITIONS && !waits(state, member);
}

/** Something that it is to have is another's still. */
function waits(state: ConsumerGroupState, member: ConsumerMember): boolean {
  const isOwned = ownership(state);
  for (const [topicId, partitions] of state.target.get(member.memberId) ?? NO_PARTITIONS)
    for (const partition of partitions as ReadonlySet<number>)
      if (!hasPartition(member.assigned, topicId, partition) && isOwned(topicId, partition)) return true;
  return false;
}

export function protocolOf({ classic }: ConsumerMember): string {
  return classic?.supportedProtocols[0]?.name ?? '';
}

/** What a member has, in the bytes that it reads. */
export function assignmentOf(member: ConsumerMember, topics: TopicsView): Uint8Array {
  return encodeAssignment(member.assigned, member.classic?.supportedProtocols[0]?.metadata ?? new Uint8Array(0), topics);
}
