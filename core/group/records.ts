/** The records of `__consumer_offsets` in Kafka's formats, and the batches that carry them. */
import {
  decodeCoordinatorKey,
  decodeVersionedMessage,
  encodeCoordinatorKey,
  encodeVersionedMessage,
  messageVersion,
} from '../protocol/codec.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { RecordInput } from '../protocol/records.ts';
import { type ConsumerGroupRecord, decodeConsumerGroupRecord, isConsumerGroupKey } from './consumer/consumer-records.ts';
import type { Group } from './group.ts';
import type { CommittedOffset } from './group-offsets.ts';

/** Kinds of keys. Old offsets have a kind of their own, and their keys the same form. */
const LEGACY_OFFSET_KEY = 0;
const OFFSET_KEY = 1;
const GROUP_KEY = 2;
/** The first with a topic id. */
const OFFSET_VALUE_VERSION = 4;
const GROUP_VALUE_VERSION = 3;
/** Written by commits of API versions 2 to 4, which carry their own retention. */
const EXPIRING_OFFSET_VALUE_VERSION = 1;

function offsetKey(group: string, topic: string, partition: number): Uint8Array {
  return encodeCoordinatorKey('OffsetCommitKey', { group, topic, partition });
}

export function offsetRecord(group: string, offset: Omit<CommittedOffset, 'logOffset'>, timestamp: number): RecordInput {
  const version = offset.expireTimestamp === -1 ? OFFSET_VALUE_VERSION : EXPIRING_OFFSET_VALUE_VERSION;
  return {
    key: offsetKey(group, offset.topic, offset.partition),
    value: encodeVersionedMessage('OffsetCommitValue', version, offset),
    timestamp,
  };
}

export function offsetTombstone(group: string, topic: string, partition: number, timestamp: number): RecordInput {
  return { key: offsetKey(group, topic, partition), value: null, timestamp };
}

export function groupTombstone(group: string, timestamp: number): RecordInput {
  return {
    key: encodeCoordinatorKey('GroupMetadataKey', { group }),
    value: null,
    timestamp,
  };
}

/** The whole group as it is, with the given assignments where a member has a new one. */
export function groupRecord(group: Group, assignments: ReadonlyMap<string, Uint8Array>, timestamp: number): RecordInput {
  const value = encodeVersionedMessage('GroupMetadataValue', GROUP_VALUE_VERSION, {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: group.protocolName,
    leader: group.leader,
    currentStateTimestamp: group.currentStateTimestamp,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.metadataFor(group.protocolName),
      assignment: assignments.get(member.memberId) ?? member.assignment,
    })),
  });
  return {
    key: encodeCoordinatorKey('GroupMetadataKey', { group: group.id }),
    value,
    timestamp,
  };
}

export type StoredRecord =
  | {
      readonly kind: 'offset';
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: Omit<CommittedOffset, 'topic' | 'partition' | 'logOffset'> | null;
    }
  | { readonly kind: 'group'; readonly group: string; readonly value: ReturnType<typeof decodeGroupValue> | null }
  | { readonly kind: 'consumer-group'; readonly group: string; readonly record: ConsumerGroupRecord }
  /** Of a share group or a streams group. */
  | { readonly kind: 'other' };

function decodeGroupValue(bytes: Uint8Array) {
  return decodeVersionedMessage('GroupMetadataValue', bytes).data;
}

/** Reads a record's key and value. DecodeError if they are malformed. */
export function decodeStored(key: Uint8Array, value: Uint8Array | null): StoredRecord {
  const kind = messageVersion(key);
  if (kind === LEGACY_OFFSET_KEY || kind === OFFSET_KEY) {
    const { group, topic, partition } = decodeCoordinatorKey('OffsetCommitKey', key);
    if (value === null) return { kind: 'offset', group, topic, partition, value: null };
    const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId } = decodeVersionedMessage(
      'OffsetCommitValue',
      value,
    ).data;
    return {
      kind: 'offset',
      group,
      topic,
      partition,
      value: {
        offset: Offset(offset),
        leaderEpoch: LeaderEpoch(leaderEpoch),
        metadata,
        commitTimestamp,
        expireTimestamp,
        topicId,
      },
    };
  }
  if (kind === GROUP_KEY) {
    const { group } = decodeCoordinatorKey('GroupMetadataKey', key);
    return { kind: 'group', group, value: value === null ? null : decodeGroupValue(value) };
  }
  if (isConsumerGroupKey(kind)) return { kind: 'consumer-group', ...decodeConsumerGroupRecord(key, value) };
  return { kind: 'other' };
}
