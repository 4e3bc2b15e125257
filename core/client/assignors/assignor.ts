/** What the leader of a classic group does with the members' subscriptions (KIP-54, KIP-345, KIP-429): pure functions. */
import { decodeMessage, encodeMessage, messageVersion } from '../../protocol/codec.ts';
import { mapByTopic } from '../metadata.ts';
import type { TopicPartition } from '../../protocol/partition.ts';

export interface MemberSubscription {
  /** group.instance.id of a static member. */
  readonly instanceId: string | null;
  readonly topics: readonly string[];
  readonly ownedPartitions: readonly TopicPartition[];
  /** Generation that `ownedPartitions` and `userData` are of; -1 if unknown. */
  readonly generationId: number;
  readonly userData: Uint8Array | null;
}

export interface Assignor {
  readonly name: string;
  /** A partition that moves is given to nobody as long as its owner has it, so that members may keep what they have while they join (KIP-429). */
  readonly isCooperative: boolean;
  /** What a member adds to its subscription, given what it was last assigned. */
  userData(owned: readonly TopicPartition[], generationId: number): Uint8Array | null;
  /** Partitions for every member; `partitionCounts` has only topics that exist. */
  assign(
    partitionCounts: ReadonlyMap<string, number>,
    members: ReadonlyMap<string, MemberSubscription>,
  ): Map<string, TopicPartition[]>;
}

/** Members in order: static ones by instance id first, then dynamic ones by member id. */
export function sortedMembers(members: ReadonlyMap<string, MemberSubscription>): string[] {
  return [...members.keys()].sort((a, b) => {
    const instanceA = members.get(a)?.instanceId ?? null;
    const instanceB = members.get(b)?.instanceId ?? null;
    if (instanceA !== null && instanceB !== null) return compare(instanceA, instanceB);
    if (instanceA !== null) return -1;
    if (instanceB !== null) return 1;
    return compare(a, b);
  });
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function emptyAssignment(members: ReadonlyMap<string, MemberSubscription>): Map<string, TopicPartition[]> {
  return new Map(Array.from(members.keys(), (member) => [member, []]));
}

function toTopics(partitions: readonly TopicPartition[]) {
  return mapByTopic(partitions, (topic, ofTopic) => ({
    topic,
    partitions: ofTopic.map((each) => each.partition),
  }));
}

function fromTopics(topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}

/** A subscription as JoinGroup carries it: an int16 version, then ConsumerProtocolSubscription. */
export function encodeSubscription(subscription: Omit<MemberSubscription, 'instanceId'>, rackId: string | null): Uint8Array {
  const { topics, userData, generationId } = subscription;
  return withVersion(3, (version) =>
    encodeMessage('ConsumerProtocolSubscription', version, {
      topics: topics.toSorted(compare),
      userData,
      ownedPartitions: toTopics(subscription.ownedPartitions),
      generationId,
      rackId,
    }),
  );
}

export function decodeSubscription(bytes: Uint8Array, instanceId: string | null): MemberSubscription {
  const body = decodeMessage('ConsumerProtocolSubscription', versionOf(bytes), bytes.subarray(2));
  return {
    instanceId,
    topics: body.topics,
    ownedPartitions: fromTopics(body.ownedPartitions),
    generationId: body.generationId,
    userData: body.userData,
  };
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Uint8Array {
  return withVersion(3, (version) =>
    encodeMessage('ConsumerProtocolAssignment', version, { assignedPartitions: toTopics(partitions), userData: null }),
  );
}

/** No bytes are no partitions, as a coordinator answers a member that the leader forgot. */
export function decodeAssignment(bytes: Uint8Array): TopicPartition[] {
  if (bytes.length === 0) return [];
  return fromTopics(decodeMessage('ConsumerProtocolAssignment', versionOf(bytes), bytes.subarray(2)).assignedPartitions);
}

function withVersion(version: number, encode: (version: number) => Uint8Array): Uint8Array {
  const body = encode(version);
  const bytes = new Uint8Array(2 + body.length);
  bytes[1] = version;
  bytes.set(body, 2);
  return bytes;
}

/** A newer version than ours is read as ours: its fields come after. */
function versionOf(bytes: Uint8Array): number {
  return Math.min(3, messageVersion(bytes));
}
