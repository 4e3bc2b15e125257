/** The records of consumer groups in `__consumer_offsets`, in Kafka's formats (KIP-848): one for each thing that may change by itself. */
import {
  decodeCoordinatorKey,
  decodeVersionedMessage,
  encodeCoordinatorKey,
  encodeVersionedMessage,
  messageVersion,
} from '../../protocol/codec.ts';
import type { ConsumerGroupCurrentMemberAssignmentValueTopicPartitions } from '../../protocol/messages/index.ts';
import type { RecordInput } from '../../protocol/records.ts';
import type { ConsumerGroupState, ResolvedRegex } from './consumer-group-state.ts';
import type { CurrentAssignment, MemberMetadata } from './consumer-member.ts';
import { type PartitionEpochs, type Partitions, partitionsOf, topicPartitionsOf } from './partitions.ts';

/** What a record says of its group; a value of null is its tombstone. */
export type ConsumerGroupRecord =
  | { readonly kind: 'epoch'; readonly value: Pick<ConsumerGroupState, 'epoch' | 'metadataHash'> | null }
  /** Nobody writes it any more but its tombstone (KIP-1101). */
  | { readonly kind: 'partition-metadata'; readonly value: 'present' | null }
  | { readonly kind: 'member'; readonly memberId: string; readonly value: MemberMetadata | null }
  | {
      readonly kind: 'target-epoch';
      readonly value: Pick<ConsumerGroupState, 'assignmentEpoch' | 'assignmentTimestamp'> | null;
    }
  | { readonly kind: 'target'; readonly memberId: string; readonly value: Partitions | null }
  | { readonly kind: 'current'; readonly memberId: string; readonly value: CurrentAssignment | null }
  | { readonly kind: 'regex'; readonly regex: string; readonly value: ResolvedRegex | null };

/** Kinds of keys. */
const Kind = { EPOCH: 3, PARTITION_METADATA: 4, MEMBER: 5, TARGET_EPOCH: 6, TARGET: 7, CURRENT: 8, REGEX: 16 } as const;
const VERSION = 0;

export function isConsumerGroupKey(kind: number): boolean {
  return (Object.values(Kind) as number[]).includes(kind);
}

export function encodeConsumerGroupRecord(group: string, record: ConsumerGroupRecord, timestamp: number): RecordInput {
  return { key: keyOf(group, record), value: valueOf(record), timestamp };
}

function keyOf(groupId: string, record: ConsumerGroupRecord): Uint8Array {
  switch (record.kind) {
    case 'epoch':
      return encodeCoordinatorKey('ConsumerGroupMetadataKey', { groupId });
    case 'partition-metadata':
      return encodeCoordinatorKey('ConsumerGroupPartitionMetadataKey', { groupId });
    case 'member':
      return encodeCoordinatorKey('ConsumerGroupMemberMetadataKey', { groupId, memberId: record.memberId });
    case 'target-epoch':
      return encodeCoordinatorKey('ConsumerGroupTargetAssignmentMetadataKey', { groupId });
    case 'target':
      return encodeCoordinatorKey('ConsumerGroupTargetAssignmentMemberKey', { groupId, memberId: record.memberId });
    case 'current':
      return encodeCoordinatorKey('ConsumerGroupCurrentMemberAssignmentKey', { groupId, memberId: record.memberId });
    case 'regex':
      return encodeCoordinatorKey('ConsumerGroupRegularExpressionKey', { groupId, regularExpression: record.regex });
  }
}

function valueOf(record: ConsumerGroupRecord): Uint8Array | null {
  if (record.value === null) return null;
  switch (record.kind) {
    case 'epoch':
      return encodeVersionedMessage('ConsumerGroupMetadataValue', VERSION, record.value);
    case 'partition-metadata':
      return encodeVersionedMessage('ConsumerGroupPartitionMetadataValue', VERSION, {});
    case 'member': {
      const { classic, ...metadata } = record.value;
      return encodeVersionedMessage('ConsumerGroupMemberMetadataValue', VERSION, {
        ...metadata,
        subscribedTopicNames: [...metadata.subscribedTopicNames],
        classicMemberMetadata:
          classic === null ? null : { ...classic, supportedProtocols: classic.supportedProtocols.map((each) => ({ ...each })) },
      });
    }
    case 'target-epoch':
      return encodeVersionedMessage('ConsumerGroupTargetAssignmentMetadataValue', VERSION, record.value);
    case 'target':
      return encodeVersionedMessage('ConsumerGroupTargetAssignmentMemberValue', VERSION, {
        topicPartitions: topicPartitionsOf(record.value),
      });
    case 'current': {
      const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = record.value;
      return encodeVersionedMessage('ConsumerGroupCurrentMemberAssignmentValue', VERSION, {
        memberEpoch,
        previousMemberEpoch,
        state,
        assignedPartitions: withEpochs(assigned),
        partitionsPendingRevocation: withEpochs(pendingRevocation),
      });
    }
    case 'regex':
      return encodeVersionedMessage('ConsumerGroupRegularExpressionValue', VERSION, {
        ...record.value,
        topics: [...record.value.topics],
      });
  }
}

function withEpochs(epochs: PartitionEpochs) {
  return topicPartitionsOf(epochs).map(({ topicId, partitions }) => {
    const of = epochs.get(topicId);
    return { topicId, partitions, assignmentEpochs: partitions.map((partition) => of?.get(partition) ?? 0) };
  });
}

/** Reads a record whose key is one of these. DecodeError if it is malformed. */
export function decodeConsumerGroupRecord(
  key: Uint8Array,
  value: Uint8Array | null,
): { readonly group: string; readonly record: ConsumerGroupRecord } {
  switch (messageVersion(key)) {
    case Kind.EPOCH: {
      const { groupId: group } = decodeCoordinatorKey('ConsumerGroupMetadataKey', key);
      return {
        group,
        record: { kind: 'epoch', value: value && decodeVersionedMessage('ConsumerGroupMetadataValue', value).data },
      };
    }
    case Kind.PARTITION_METADATA: {
      const { groupId: group } = decodeCoordinatorKey('ConsumerGroupPartitionMetadataKey', key);
      return { group, record: { kind: 'partition-metadata', value: value && 'present' } };
    }
    case Kind.MEMBER: {
      const { groupId: group, memberId } = decodeCoordinatorKey('ConsumerGroupMemberMetadataKey', key);
      return { group, record: { kind: 'member', memberId, value: value && memberMetadata(value) } };
    }
    case Kind.TARGET_EPOCH: {
      const { groupId: group } = decodeCoordinatorKey('ConsumerGroupTargetAssignmentMetadataKey', key);
      const decoded = value && decodeVersionedMessage('ConsumerGroupTargetAssignmentMetadataValue', value).data;
      return { group, record: { kind: 'target-epoch', value: decoded } };
    }
    case Kind.TARGET: {
      const { groupId: group, memberId } = decodeCoordinatorKey('ConsumerGroupTargetAssignmentMemberKey', key);
      const decoded = value && decodeVersionedMessage('ConsumerGroupTargetAssignmentMemberValue', value).data;
      return { group, record: { kind: 'target', memberId, value: decoded && partitionsOf(decoded.topicPartitions) } };
    }
    case Kind.CURRENT: {
      const { groupId: group, memberId } = decodeCoordinatorKey('ConsumerGroupCurrentMemberAssignmentKey', key);
      return { group, record: { kind: 'current', memberId, value: value && currentAssignment(value) } };
    }
    default: {
      const { groupId: group, regularExpression: regex } = decodeCoordinatorKey('ConsumerGroupRegularExpressionKey', key);
      const decoded = value && decodeVersionedMessage('ConsumerGroupRegularExpressionValue', value).data;
      return { group, record: { kind: 'regex', regex, value: decoded } };
    }
  }
}

function memberMetadata(value: Uint8Array): MemberMetadata {
  const { classicMemberMetadata, ...metadata } = decodeVersionedMessage('ConsumerGroupMemberMetadataValue', value).data;
  return { ...metadata, classic: classicMemberMetadata };
}

function currentAssignment(bytes: Uint8Array): CurrentAssignment {
  const decoded = decodeVersionedMessage('ConsumerGroupCurrentMemberAssignmentValue', bytes).data;
  const { memberEpoch, previousMemberEpoch, state } = decoded;
  const epochs = (topics: readonly ConsumerGroupCurrentMemberAssignmentValueTopicPartitions[]): PartitionEpochs =>
    new Map(topics.map((topic) => [topic.topicId, epochsOf(topic, memberEpoch)]));
  const [assigned, pendingRevocation] = [epochs(decoded.assignedPartitions), epochs(decoded.partitionsPendingRevocation)];
  return { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation };
}

/** Brokers before 4.3 wrote no epochs: then it is the member's. */
function epochsOf(
  { partitions, assignmentEpochs }: ConsumerGroupCurrentMemberAssignmentValueTopicPartitions,
  memberEpoch: number,
): ReadonlyMap<number, number> {
  const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : null;
  return new Map(partitions.map((partition, index) => [partition, epochs?.[index] ?? Math.max(memberEpoch, 0)]));
}
