/** What the consumer protocol's bytes say: of assignments for the trace only, of subscriptions for which offsets are in use. */
import { DecodeError, decodeMessage } from '../protocol/codec.ts';
import { type TopicPartition, topicPartitionKey } from '../protocol/partition.ts';

/** `topic-partition` keys of a consumer protocol assignment; none if it is something else. */
export function assignedPartitions(assignment: Uint8Array): string[] {
  return partitionsOf(assignment).map(({ topic, partition }) => topicPartitionKey(topic, partition));
}

/** The partitions of a consumer protocol assignment; none if it is something else. */
export function partitionsOf(assignment: Uint8Array): TopicPartition[] {
  if (assignment.length < 2) return [];
  try {
    const version = ((assignment[0] as number) << 8) | (assignment[1] as number);
    const decoded = decodeMessage('ConsumerProtocolAssignment', Math.min(version, 3), assignment.subarray(2));
    return decoded.assignedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}

/**
 * Topics of a member's subscription; null if it can't be read. Of every version only what version 0 has is read, which all begin
 * with: clients differ in what they put behind it, and some leave out what their version should have there.
 */
export function subscribedTopics(metadata: Uint8Array): readonly string[] | null {
  if (metadata.length < 2) return null;
  try {
    return decodeMessage('ConsumerProtocolSubscription', 0, metadata.subarray(2)).topics;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
