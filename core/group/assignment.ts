/** What an assignment's bytes say, for the trace: the coordinator itself never looks inside. */
import { DecodeError, decodeMessage } from '../protocol/codec.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { Group } from './Group.ts';

/** `topic-partition` keys of a consumer protocol assignment; none if it is something else. */
export function assignedPartitions(assignment: Uint8Array): string[] {
  if (assignment.length < 2) return [];
  try {
    const version = ((assignment[0] as number) << 8) | (assignment[1] as number);
    const decoded = decodeMessage('ConsumerProtocolAssignment', Math.min(version, 3), assignment.subarray(2));
    return decoded.assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => topicPartitionKey(topic, partition)),
    );
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}

/** Topics that a member of the group subscribes to; null if a subscription can't be read. */
export function subscribedTopics(group: Group): ReadonlySet<string> | null {
  const topics = new Set<string>();
  for (const member of group.members.values()) {
    const metadata = member.metadataFor(group.protocolName);
    if (metadata.length < 2) return null;
    try {
      const version = ((metadata[0] as number) << 8) | (metadata[1] as number);
      const decoded = decodeMessage('ConsumerProtocolSubscription', Math.min(version, 3), metadata.subarray(2));
      for (const topic of decoded.topics) topics.add(topic);
    } catch (error) {
      if (error instanceof DecodeError) return null;
      throw error;
    }
  }
  return topics;
}
