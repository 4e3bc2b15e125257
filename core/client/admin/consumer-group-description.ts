/** What DescribeGroups (classic groups) and ConsumerGroupDescribe (KIP-848) say of a group, in one form. */
import type {
  ConsumerGroupDescribeResponseAssignment,
  ConsumerGroupDescribeResponseDescribedGroup,
} from '../../protocol/messages/consumer-group-describe-response.ts';
import type { DescribeGroupsResponseDescribedGroup } from '../../protocol/messages/describe-groups-response.ts';
import { decodeAssignment } from '../assignors/assignor.ts';
import type { TopicPartition } from '../../protocol/partition.ts';

export interface MemberDescription {
  readonly memberId: string;
  /** Null: a dynamic member. */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assignment: readonly TopicPartition[];
  /** What the member is to be assigned, and the epoch that it has reached; null in a classic group. */
  readonly targetAssignment: readonly TopicPartition[] | null;
  readonly memberEpoch: number | null;
}

export interface ConsumerGroupDescription {
  readonly groupId: string;
  readonly type: 'Classic' | 'Consumer';
  /** Kafka's name of the state: Stable, Empty, PreparingRebalance, CompletingRebalance, Assigning, Reconciling, Dead. */
  readonly state: string;
  readonly partitionAssignor: string;
  readonly members: readonly MemberDescription[];
  /** Null in a classic group. */
  readonly groupEpoch: number | null;
  readonly targetAssignmentEpoch: number | null;
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
      targetAssignment: null,
      memberEpoch: null,
    })),
    groupEpoch: null,
    targetAssignmentEpoch: null,
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
      assignment: partitionsOf(member.assignment),
      targetAssignment: partitionsOf(member.targetAssignment),
      memberEpoch: member.memberEpoch,
    })),
    groupEpoch: group.groupEpoch,
    targetAssignmentEpoch: group.assignmentEpoch,
    coordinator,
  };
}

function partitionsOf(assignment: ConsumerGroupDescribeResponseAssignment): TopicPartition[] {
  return assignment.topicPartitions.flatMap(({ topicName: topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
