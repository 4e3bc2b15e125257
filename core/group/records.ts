/** The records of `__consumer_offsets` in Kafka's formats, and the batches that carry them. */
import { decodeMessage, encodeMessage } from '../protocol/codec.ts';
import type { RecordInput } from '../protocol/records.ts';
import type { CommittedOffset, Group } from './group.ts';

const OFFSET_KEY_VERSION = 1;
const OFFSET_VALUE_VERSION = 3;
const GROUP_KEY_VERSION = 2;
const GROUP_VALUE_VERSION = 3;
/** Written by commits of API versions 2 to 4, which carry their own retention. */
const EXPIRING_OFFSET_VALUE_VERSION = 1;

function versioned(version: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(body.length + 2);
  bytes[0] = version >> 8;
  bytes[1] = version & 0xff;
  bytes.set(body, 2);
  return bytes;
}

function versionOf(bytes: Uint8Array): number {
  return (((bytes[0] ?? 0) << 24) >> 16) | (bytes[1] ?? 0);
}

function offsetKey(group: string, topic: string, partition: number): Uint8Array {
  return versioned(OFFSET_KEY_VERSION, encodeMessage('OffsetCommitKey', OFFSET_KEY_VERSION, { group, topic, partition }));
}

export function offsetRecord(group: string, offset: Omit<CommittedOffset, 'logOffset'>, timestamp: number): RecordInput {
  const version = offset.expireTimestamp === -1 ? OFFSET_VALUE_VERSION : EXPIRING_OFFSET_VALUE_VERSION;
  return {
    key: offsetKey(group, offset.topic, offset.partition),
    value: versioned(version, encodeMessage('OffsetCommitValue', version, offset)),
    timestamp,
  };
}

export function offsetTombstone(group: string, topic: string, partition: number, timestamp: number): RecordInput {
  return { key: offsetKey(group, topic, partition), value: null, timestamp };
}

export function groupTombstone(group: string, timestamp: number): RecordInput {
  return {
    key: versioned(GROUP_KEY_VERSION, encodeMessage('GroupMetadataKey', GROUP_KEY_VERSION, { group })),
    value: null,
    timestamp,
  };
}

/** The whole group as it is, with the given assignments where a member has a new one. */
export function groupRecord(group: Group, assignments: ReadonlyMap<string, Uint8Array>, timestamp: number): RecordInput {
  const body = encodeMessage('GroupMetadataValue', GROUP_VALUE_VERSION, {
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
    key: versioned(GROUP_KEY_VERSION, encodeMessage('GroupMetadataKey', GROUP_KEY_VERSION, { group: group.id })),
    value: versioned(GROUP_VALUE_VERSION, body),
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
  /** Of another coordinator protocol (KIP-848, share groups): not this coordinator's. */
  | { readonly kind: 'other' };

function decodeGroupValue(bytes: Uint8Array) {
  return decodeMessage('GroupMetadataValue', versionOf(bytes), bytes.subarray(2));
}

/** Reads a record's key and value. DecodeError if they are malformed. */
export function decodeStored(key: Uint8Array, value: Uint8Array | null): StoredRecord {
  const version = versionOf(key);
  if (version === 0 || version === OFFSET_KEY_VERSION) {
    const { group, topic, partition } = decodeMessage('OffsetCommitKey', version, key.subarray(2));
    if (value === null) return { kind: 'offset', group, topic, partition, value: null };
    const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp } = decodeMessage(
      'OffsetCommitValue',
      versionOf(value),
      value.subarray(2),
    );
    return {
      kind: 'offset',
      group,
      topic,
      partition,
      value: { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp },
    };
  }
  if (version === GROUP_KEY_VERSION) {
    const { group } = decodeMessage('GroupMetadataKey', version, key.subarray(2));
    return { kind: 'group', group, value: value === null ? null : decodeGroupValue(value) };
  }
  return { kind: 'other' };
}
