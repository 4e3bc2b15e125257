/**
 * Kafka's StickyAssignor (KIP-54): as even as the subscriptions allow, and otherwise each partition stays with the member
 * that had it. Members tell what they had as user data, with the generation it is of (KIP-341), in Kafka's form.
 *
 * One algorithm stands for Kafka's two (equal subscriptions, general): keep what members validly own, deal out the rest to
 * the member with fewest partitions, then move partitions along chains of subscriptions until no member could be given one
 * from a member with at least two more. The balance is Kafka's; which of several equally good assignments comes out may differ.
 */
import type { TopicPartition } from '../../protocol/partition.ts';
import { mapByTopic, keyOf } from '../metadata.ts';
import type { Assignor, MemberSubscription } from './assignor.ts';
import { compare, sortedMembers } from './assignor.ts';

interface Owner {
  readonly id: string;
  readonly topics: ReadonlySet<string>;
  readonly partitions: Map<string, TopicPartition>;
}

export const stickyAssignor: Assignor = {
  name: 'sticky',
  userData: encodeStickyUserData,
  assign(partitionCounts, members) {
    const owners = sortedMembers(members).map((id) => ({
      id,
      topics: new Set((members.get(id) as MemberSubscription).topics),
      partitions: new Map<string, TopicPartition>(),
    }));
    const unassigned = new Map<string, TopicPartition>();
    for (const topic of [...partitionCounts.keys()].sort(compare))
      if (owners.some((owner) => owner.topics.has(topic)))
        for (let partition = 0; partition < (partitionCounts.get(topic) as number); partition++)
          unassigned.set(keyOf({ topic, partition }), { topic, partition });
    keepOwned(owners, members, unassigned);
    for (const [key, partition] of unassigned) fewest(owners, partition.topic)?.partitions.set(key, partition);
    while (moveOne(owners));
    return new Map(owners.map((owner) => [owner.id, [...owner.partitions.values()]]));
  },
};

/** Gives each partition to who claims it with the newest generation; of two such claims none counts. */
function keepOwned(
  owners: readonly Owner[],
  members: ReadonlyMap<string, MemberSubscription>,
  unassigned: Map<string, TopicPartition>,
): void {
  const claims = new Map<string, { owner: Owner | null; generation: number }>();
  for (const owner of owners) {
    const { partitions, generation } = previousOf(members.get(owner.id) as MemberSubscription);
    for (const partition of partitions) {
      const key = keyOf(partition);
      const rival = claims.get(key);
      if (rival === undefined || generation > rival.generation) claims.set(key, { owner, generation });
      else if (generation === rival.generation) rival.owner = null;
    }
  }
  for (const [key, { owner }] of claims) {
    const partition = unassigned.get(key);
    if (owner === null || partition === undefined || !owner.topics.has(partition.topic)) continue;
    owner.partitions.set(key, partition);
    unassigned.delete(key);
  }
}

function fewest(owners: readonly Owner[], topic: string): Owner | undefined {
  let best: Owner | undefined;
  for (const owner of owners)
    if (owner.topics.has(topic) && (best === undefined || owner.partitions.size < best.partitions.size)) best = owner;
  return best;
}

/**
 * Makes the assignment one step more even: finds a chain of members, from one to another with at least two partitions
 * fewer, along which each can give the next a partition that it subscribes to. False: there is none.
 */
function moveOne(owners: readonly Owner[]): boolean {
  const byLoad = owners.toSorted((a, b) => b.partitions.size - a.partitions.size);
  for (const rich of byLoad) {
    const cameFrom = new Map<Owner, { from: Owner; key: string }>();
    const queue = [rich];
    for (let giver = queue.shift(); giver !== undefined; giver = queue.shift()) {
      const given = new Map<string, string>();
      for (const [key, partition] of giver.partitions) given.set(partition.topic, key);
      for (const taker of owners) {
        if (taker === rich || cameFrom.has(taker)) continue;
        const topic = [...given.keys()].find((each) => taker.topics.has(each));
        if (topic === undefined) continue;
        cameFrom.set(taker, { from: giver, key: given.get(topic) as string });
        if (taker.partitions.size + 2 > rich.partitions.size) queue.push(taker);
        else {
          shift(taker, cameFrom);
          return true;
        }
      }
    }
  }
  return false;
}

function shift(last: Owner, cameFrom: ReadonlyMap<Owner, { from: Owner; key: string }>): void {
  let taker = last;
  for (let step = cameFrom.get(taker); step !== undefined; step = cameFrom.get(taker)) {
    taker.partitions.set(step.key, step.from.partitions.get(step.key) as TopicPartition);
    step.from.partitions.delete(step.key);
    taker = step.from;
  }
}

function previousOf(member: MemberSubscription): { partitions: readonly TopicPartition[]; generation: number } {
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
