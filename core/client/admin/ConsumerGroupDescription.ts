/** What DescribeGroups (classic groups) and ConsumerGroupDescribe (KIP-848) say of a group, in one form. */
import type { ConsumerGroupDescribeResponseDescribedGroup } from '../../protocol/messages/ConsumerGroupDescribeResponse.ts';
import type { DescribeGroupsResponseDescribedGroup } from '../../protocol/messages/DescribeGroupsResponse.ts';
import { decodeAssignment } from '../assignors/assignor.ts';
import type { TopicPartition } from '../metadata.ts';

export interface MemberDescription {
  readonly memberId: string;
  /** Null: a dynamic member. */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assignment: readonly TopicPartition[];
}

export interface ConsumerGroupDescription {
  readonly groupId: string;
  readonly type: 'Classic' | 'Consumer';
  /** Kafka's name of the state: Stable, Empty, PreparingRebalance, CompletingRebalance, Assigning, Reconciling, Dead. */
  readonly state: string;
  readonly partitionAssignor: string;
  readonly members: readonly MemberDescription[];
  readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
}

type Coordinator = ConsumerGroupDescription['coordinator'];

export function fromClassic(group: DescribeGroupsResponseDescribedGroup, coordinator: Coordinator): ConsumerGroupDescription {
  const isConsumers = group.protocolType === 'consumer' || group.protocolType === '';
  return {
    groupId: group.groupId,
    type: 'Classic',
    state: group.groupState,
    partitionAssignor: group.protocolData,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: isConsumers ? decodeAssignment(member.memberAssignment) : [],
    })),
    coordinator,
  };
}

export function fromConsumer(
  group: ConsumerGroupDescribeResponseDescribedGroup,
  coordinator: Coordinator,
): ConsumerGroupDescription {
  return {
    groupId: group.groupId,
    type: 'Consumer',
    state: group.groupState,
    partitionAssignor: group.assignorName,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: member.assignment.topicPartitions.flatMap(({ topicName: topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      ),
    })),
    coordinator,
  };
}
