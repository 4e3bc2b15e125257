/**
 * The assignment of Kafka's sticky assignors (AbstractStickyAssignor): as even as the subscriptions allow, and otherwise each partition stays with
 * the member that had it.
 *
 * One algorithm stands for Kafka's two (equal subscriptions, general): keep what members validly own, deal out the rest to
 * the member with fewest partitions, then move partitions along chains of subscriptions until no member could be given one
 * from a member with at least two more. The balance is Kafka's; which of several equally good assignments comes out may differ.
 */
import type { TopicPartition } from '../../protocol/partition.ts';
import { keyOf } from '../metadata.ts';
import { compare, type MemberSubscription, sortedMembers } from './assignor.ts';

/** What a member says that it has, and the generation that this is of; -1 if unknown. */
export interface Previous {
  readonly partitions: readonly TopicPartition[];
  readonly generation: number;
}

/** Whose a partition is, by what the members say; null: two claim it in one generation, and neither is believed. */
export interface Claim {
  member: string | null;
  readonly generation: number;
}

interface Owner {
  readonly id: string;
  readonly topics: ReadonlySet<string>;
  readonly partitions: Map<string, TopicPartition>;
}

/** By partition, who claims it with the newest generation. */
export function claimsOf(
  members: ReadonlyMap<string, MemberSubscription>,
  previousOf: (member: MemberSubscription) => Previous,
): ReadonlyMap<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const [member, subscription] of members) {
    const { partitions, generation } = previousOf(subscription);
    for (const partition of partitions) {
      const key = keyOf(partition);
      const rival = claims.get(key);
      if (rival === undefined || generation > rival.generation) claims.set(key, { member, generation });
      else if (generation === rival.generation) rival.member = null;
    }
  }
  return claims;
}

/** Partitions for every member; `partitionCounts` has only topics that exist. */
export function assignSticky(
  partitionCounts: ReadonlyMap<string, number>,
  members: ReadonlyMap<string, MemberSubscription>,
  claims: ReadonlyMap<string, Claim>,
): Map<string, TopicPartition[]> {
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
  keepOwned(owners, claims, unassigned);
  for (const [key, partition] of unassigned) fewest(owners, partition.topic)?.partitions.set(key, partition);
  while (moveOne(owners));
  return new Map(owners.map((owner) => [owner.id, [...owner.partitions.values()]]));
}

function keepOwned(owners: readonly Owner[], claims: ReadonlyMap<string, Claim>, unassigned: Map<string, TopicPartition>): void {
  for (const [key, { member }] of claims) {
    const owner = owners.find(({ id }) => id === member);
    const partition = unassigned.get(key);
    if (owner === undefined || partition === undefined || !owner.topics.has(partition.topic)) continue;
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
