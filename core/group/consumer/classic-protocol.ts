/** Subscriptions and assignments of the classic protocol in terms of topic ids, for members and groups that change their protocol. */
import { DecodeError, decodeMessage, encodeMessage } from '../../protocol/codec.ts';
import { type PartitionEpochs, type Partitions, partitionsOf, type TopicPartitions, topicPartitionsOf } from './partitions.ts';
import type { TopicsView } from './topics-view.ts';

const HIGHEST_VERSION = 3;

export interface Subscription {
  readonly topics: readonly string[];
  readonly rackId: string | null;
  /** Of topics that exist. */
  readonly owned: (topics: TopicsView) => readonly TopicPartitions[];
}

interface NamedPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** Null: no subscription that could be read. */
export function decodeSubscription(metadata: Uint8Array): Subscription | null {
  return readable(() => {
    const { topics, rackId, ownedPartitions } = decodeMessage(
      'ConsumerProtocolSubscription',
      versionOf(metadata),
      metadata.subarray(2),
    );
    return { topics, rackId, owned: (view) => withIds(ownedPartitions, view) };
  });
}

/** What an assignment gives, of topics that exist; null: it cannot be read, or says more than partitions: an assignor of somebody's own made it. */
export function decodeAssignment(assignment: Uint8Array, topics: TopicsView): Partitions | null {
  if (assignment.length === 0) return new Map();
  return readable(() => {
    const { assignedPartitions, userData } = decodeMessage(
      'ConsumerProtocolAssignment',
      versionOf(assignment),
      assignment.subarray(2),
    );
    return userData !== null && userData.length > 0 ? null : partitionsOf(withIds(assignedPartitions, topics));
  });
}

/** In the version of a member's subscription. */
export function encodeAssignment(
  partitions: Partitions | PartitionEpochs,
  subscription: Uint8Array,
  topics: TopicsView,
): Uint8Array {
  const version = versionOf(subscription);
  const assignedPartitions = topicPartitionsOf(partitions).flatMap(({ topicId, partitions: indexes }) => {
    const topic = topics.byId(topicId);
    return topic === undefined ? [] : [{ topic: topic.name, partitions: indexes }];
  });
  const body = encodeMessage('ConsumerProtocolAssignment', version, { assignedPartitions, userData: null });
  const bytes = new Uint8Array(2 + body.length);
  bytes[1] = version;
  bytes.set(body, 2);
  return bytes;
}

function withIds(named: readonly NamedPartitions[], topics: TopicsView): readonly TopicPartitions[] {
  return named.flatMap(({ topic, partitions }) => {
    const found = topics.byName(topic);
    return found === undefined ? [] : [{ topicId: found.id, partitions }];
  });
}

/** What is newer is read as the newest that there is here: its fields come after. */
function versionOf(bytes: Uint8Array): number {
  if (bytes.length < 2) throw new DecodeError('no version');
  return Math.min(((bytes[0] as number) << 8) | (bytes[1] as number), HIGHEST_VERSION);
}

function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
