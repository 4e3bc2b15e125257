/** How a group is told of: to clients, to inspections, and in the trace. */
import { hostAsJava } from './client-host.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { TraceEventOf } from '../trace.ts';
import type { GroupSummary } from './api.ts';
import type { ConsumerGroup } from './consumer/consumer-group.ts';
import { NEW_STATE, stateName } from './consumer/consumer-group-state.ts';
import type { ConsumerMember } from './consumer/consumer-member.ts';
import type { PartitionEpochs, Partitions } from './consumer/partitions.ts';
import { preferredAssignor } from './consumer/target-assignment.ts';
import type { TopicsView } from './consumer/topics-view.ts';
import type { Group } from './group.ts';
import type { AnyGroup } from './groups.ts';

type DescribedGroup = NonNullable<Draft<ResponseTypes['DescribeGroups']>['groups']>[number];
type DescribedConsumerGroup = NonNullable<Draft<ResponseTypes['ConsumerGroupDescribe']>['groups']>[number];
type ListedGroup = NonNullable<Draft<ResponseTypes['ListGroups']>['groups']>[number];

/** As DescribeGroups has it, in this version of the API. */
export function describedGroup(groupId: string, group: Group | undefined, version: number): DescribedGroup {
  if (group === undefined || !group.isRecorded) {
    // KIP-1043: that there is none is an error since version 6.
    if (version < 6) return { errorCode: ErrorCode.NONE, groupId, groupState: 'Dead' };
    const errorMessage = `Group ${groupId} not found.`;
    return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupId, groupState: 'Dead' };
  }
  const stable = group.is('Stable');
  return {
    errorCode: ErrorCode.NONE,
    groupId,
    groupState: group.state.name,
    protocolType: group.protocolType ?? '',
    protocolData: stable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: hostAsJava(member.clientHost),
      ...(stable ? { memberMetadata: member.metadataFor(group.protocolName) } : {}),
      memberAssignment: member.assignment,
    })),
  };
}

/** As ListGroups has it. */
export function listedGroup(group: AnyGroup): ListedGroup {
  const { id: groupId, kind } = group;
  if (kind === 'consumer')
    return { groupId, protocolType: 'consumer', groupState: stateName(group.committed ?? NEW_STATE), groupType: 'consumer' };
  return { groupId, protocolType: group.protocolType ?? '', groupState: group.state.name, groupType: 'classic' };
}

/** As ConsumerGroupDescribe has it: what is committed of it. */
export function describedConsumerGroup(
  groupId: string,
  group: ConsumerGroup | undefined,
  topics: TopicsView,
  defaultAssignor: string,
): DescribedConsumerGroup {
  const state = group?.committed ?? null;
  if (state === null) {
    return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: `There is no consumer group ${groupId}.`, groupId };
  }
  return {
    errorCode: ErrorCode.NONE,
    groupId,
    groupState: stateName(state),
    groupEpoch: state.epoch,
    assignmentEpoch: state.assignmentEpoch,
    assignorName: preferredAssignor(state.members.values(), defaultAssignor),
    members: [...state.members.values()].map((member) =>
      describedConsumer(member, state.target.get(member.memberId) ?? new Map<string, never>(), topics),
    ),
  };
}

function describedConsumer(member: ConsumerMember, target: Partitions, topics: TopicsView) {
  const { memberId, instanceId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex } = member;
  return {
    memberId,
    instanceId,
    rackId,
    memberEpoch,
    clientId,
    clientHost,
    subscribedTopicNames: [...subscribedTopicNames],
    subscribedTopicRegex,
    assignment: { topicPartitions: named([member.assigned, member.pendingRevocation], topics) },
    targetAssignment: { topicPartitions: named([target], topics) },
    memberType: member.classic === null ? 1 : 0,
  };
}

/** Of topics that there are still. */
function named(all: readonly (Partitions | PartitionEpochs)[], topics: TopicsView) {
  const partitions = new Map<string, number[]>();
  for (const each of all)
    for (const [topicId, of] of each) partitions.set(topicId, [...(partitions.get(topicId) ?? []), ...of.keys()]);
  return [...partitions].flatMap(([topicId, indexes]) => {
    const topic = topics.byId(topicId);
    return topic === undefined ? [] : [{ topicId, topicName: topic.name, partitions: indexes }];
  });
}

/** As an inspection has it. */
export function summaryOf(group: AnyGroup): GroupSummary {
  const { id, kind } = group;
  const shown =
    kind === 'classic'
      ? { state: group.state.name, generation: group.generation, members: [...group.members.keys()] }
      : consumerSummary(group);
  return {
    group: id,
    ...shown,
    offsets: [...group.offsets].map(([partition, { offset }]) => ({ partition, offset })),
  };
}

function consumerSummary({ committed }: ConsumerGroup): Pick<GroupSummary, 'state' | 'generation' | 'members'> {
  const state = committed ?? NEW_STATE;
  return { state: stateName(state), generation: state.epoch, members: [...state.members.keys()] };
}

/** What a coordinator that has loaded these groups knows of their offsets. */
export function loadedOffsets(
  groups: readonly AnyGroup[],
): Pick<TraceEventOf<'coordinator-loaded'>, 'offsets' | 'transactionalOffsets'> {
  return {
    offsets: groups.flatMap((group) =>
      [...group.offsets].map(([partition, { topicId, offset, logOffset }]) => ({
        group: group.id,
        partition,
        topicId,
        offset,
        logOffset,
      })),
    ),
    transactionalOffsets: groups.flatMap((group) =>
      [...group.transactionalOffsets].flatMap(([partition, ofProducers]) =>
        [...ofProducers].map(([producerId, { topicId, offset, logOffset }]) => ({
          group: group.id,
          partition,
          topicId,
          offset,
          producerId,
          logOffset,
        })),
      ),
    ),
  };
}
