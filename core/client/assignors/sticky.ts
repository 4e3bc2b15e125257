/**
 * Kafka's StickyAssignor (KIP-54). Members tell what they had as user data, with the generation it is of (KIP-341), in Kafka's form.
 */
import type { TopicPartition } from '../../protocol/partition.ts';
import { mapByTopic } from '../metadata.ts';
import type { Assignor, MemberSubscription } from './assignor.ts';
import { assignSticky, claimsOf, type Previous } from './sticky-assignment.ts';

export const stickyAssignor: Assignor = {
  name: 'sticky',
  isCooperative: false,
  userData: encodeStickyUserData,
  assign: (partitionCounts, members) => assignSticky(partitionCounts, members, claimsOf(members, previousOf)),
};

function previousOf(member: MemberSubscription): Previous {
  const decoded = member.userData === null ? null : decodeStickyUserData(member.userData);
  return decoded ?? { partitions: member.ownedPartitions, generation: member.generationId };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Kafka's StickyAssignorUserData v1: array of (topic, array of int32), then the generation. */
export function encodeStickyUserData(owned: readonly TopicPartition[], generationId: number): Uint8Array | null {
  if (owned.length === 0) return null;
  const topics = mapByTopic(owned, (topic, partitions) => ({ name: encoder.encode(topic), partitions }));
  const size = topics.reduce((sum, topic) => sum + 2 + topic.name.length + 4 + 4 * topic.partitions.length, 8);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 4;
  view.setInt32(0, topics.length);
  for (const { name, partitions } of topics) {
    view.setInt16(at, name.length);
    bytes.set(name, at + 2);
    at += 2 + name.length;
    view.setInt32(at, partitions.length);
    at += 4;
    for (const { partition } of partitions) {
      view.setInt32(at, partition);
      at += 4;
    }
  }
  view.setInt32(at, generationId);
  return bytes;
}

/** Null if malformed: the member is treated as one that had nothing. v0 has no generation. */
export function decodeStickyUserData(bytes: Uint8Array): { partitions: TopicPartition[]; generation: number } | null {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const partitions: TopicPartition[] = [];
    let at = 4;
    for (let topics = view.getInt32(0); topics > 0; topics--) {
      const length = view.getInt16(at);
      const topic = decoder.decode(bytes.subarray(at + 2, at + 2 + length));
      at += 2 + length;
      const count = view.getInt32(at);
      at += 4;
      for (let i = 0; i < count; i++, at += 4) partitions.push({ topic, partition: view.getInt32(at) });
    }
    return { partitions, generation: at + 4 <= bytes.length ? view.getInt32(at) : -1 };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
