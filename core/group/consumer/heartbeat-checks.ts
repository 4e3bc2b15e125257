/** Who may heartbeat to a consumer group, and with what: the refusals, each with what is told of it. */
import { ErrorCode } from '../../protocol/errors.ts';
import type { RequestTypes } from '../../protocol/messages/index.ts';
import { JOIN_EPOCH, LEAVE_EPOCH, STATIC_LEAVE_EPOCH, type ConsumerMember } from './consumer-member.ts';
import { hasPartition, type PartitionEpochs, type TopicPartitions } from './partitions.ts';

export interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
}

export type HeartbeatRequest = RequestTypes['ConsumerGroupHeartbeat'];

/** Members make up their own ids from here on (KIP-1082). */
const OWN_ID_VERSION = 1;

function refusal(errorCode: number, errorMessage: string): Refusal {
  return { errorCode, errorMessage };
}

/** What is wrong with a request, whatever the group is; null: nothing. */
export function requestRefusal(request: HeartbeatRequest, version: number, assignors: readonly string[]): Refusal | null {
  const { memberEpoch, memberId, groupId, instanceId, rackId, serverAssignor } = request;
  const needsId = version >= OWN_ID_VERSION || memberEpoch > JOIN_EPOCH || memberEpoch === LEAVE_EPOCH;
  const empty = Object.entries({
    ...(needsId ? { MemberId: memberId } : {}),
    GroupId: groupId,
    InstanceId: instanceId,
    RackId: rackId,
  }).find(([, value]) => value?.trim() === '')?.[0];
  if (empty !== undefined) return invalid(`${empty} is empty.`);
  if (memberEpoch === JOIN_EPOCH) {
    if (request.rebalanceTimeoutMs === -1) return invalid('The first heartbeat has no RebalanceTimeoutMs.');
    if (request.topicPartitions === null || request.topicPartitions.length > 0)
      return invalid('Whoever joins has no partitions, and TopicPartitions says so by being empty.');
    if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null)
      return invalid('The first heartbeat has neither SubscribedTopicNames nor SubscribedTopicRegex.');
  }
  if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId === null) return invalid('Epoch -2 is for members with an InstanceId.');
  if (memberEpoch < STATIC_LEAVE_EPOCH) return invalid(`There is no member epoch ${memberEpoch}.`);
  if (serverAssignor !== null && !assignors.includes(serverAssignor))
    return refusal(
      ErrorCode.UNSUPPORTED_ASSIGNOR,
      `This broker has no assignor ${serverAssignor}, but these: ${assignors.join(', ')}.`,
    );
  return null;
}

function invalid(message: string): Refusal {
  return refusal(ErrorCode.INVALID_REQUEST, message);
}

/**
 * Is the member in the epoch that it says? The one before will do for a member that says with it what it has, and has no more than it should:
 * the answer that told it of the new epoch may be lost. It joins anew with epoch 0, whatever it is in.
 */
export function epochRefusal(
  member: ConsumerMember,
  memberEpoch: number,
  reported: readonly TopicPartitions[] | null,
): Refusal | null {
  if (memberEpoch === JOIN_EPOCH || memberEpoch === member.memberEpoch) return null;
  const isRetry = memberEpoch < member.memberEpoch && memberEpoch === member.previousMemberEpoch;
  if (isRetry && isSubset(reported, member.assigned)) return null;
  return refusal(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `Member ${member.memberId} is in epoch ${member.memberEpoch}, not in ${memberEpoch}: it must give up all its partitions and join again.`,
  );
}

function isSubset(reported: readonly TopicPartitions[] | null, assigned: PartitionEpochs): boolean {
  if (reported === null) return false;
  return reported.every(
    ({ topicId, partitions }) =>
      assigned.has(topicId) && partitions.every((partition) => hasPartition(assigned, topicId, partition)),
  );
}

export function unknownMember(group: string, memberId: string): Refusal {
  return refusal(ErrorCode.UNKNOWN_MEMBER_ID, `${memberId} is no member of group ${group}.`);
}

export function unknownGroup(group: string): Refusal {
  return refusal(ErrorCode.GROUP_ID_NOT_FOUND, `There is no consumer group ${group}.`);
}

/** Somebody else has the instance id that a member speaks for. */
export function instanceRefusal(holder: ConsumerMember | undefined, instanceId: string, memberId: string): Refusal | null {
  if (holder === undefined) return refusal(ErrorCode.UNKNOWN_MEMBER_ID, `No member has the instance id ${instanceId}.`);
  if (holder.memberId === memberId) return null;
  return refusal(ErrorCode.FENCED_INSTANCE_ID, `The instance id ${instanceId} is member ${holder.memberId}'s now.`);
}

/** Whoever takes the place of a static member has to wait until that one has left, or is given up. */
export function unreleased(holder: ConsumerMember, instanceId: string): Refusal {
  return refusal(ErrorCode.UNRELEASED_INSTANCE_ID, `The instance id ${instanceId} is still member ${holder.memberId}'s.`);
}

export function full(maxSize: number): Refusal {
  return refusal(ErrorCode.GROUP_MAX_SIZE_REACHED, `The group has ${maxSize} members, which is as many as it may have.`);
}

export function invalidRegex(regex: string, why: string): Refusal {
  return refusal(ErrorCode.INVALID_REGULAR_EXPRESSION, `${JSON.stringify(regex)} is no regular expression: ${why}.`);
}
