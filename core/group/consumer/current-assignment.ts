/**
 * How a member comes from what it has to what it is to have (KIP-848): it is told to give up partitions and stays in its epoch until it
 * says that it did; then it enters the epoch of the target assignment with all that nobody else has any more, and gets the rest as others
 * give it up. As Kafka's CurrentAssignmentBuilder.
 */
import { type ConsumerMember, MemberState } from './consumer-member.ts';
import { hasPartition, NO_PARTITIONS, type PartitionEpochs, type Partitions, type TopicPartitions } from './partitions.ts';

export interface Reconciliation {
  readonly targetEpoch: number;
  readonly target: Partitions;
  /** Its subscription is another than at its last heartbeat: topics that are not in it any more go at once. */
  readonly hasSubscriptionChanged: boolean;
  readonly subscribedTopicIds: ReadonlySet<string>;
  /** Does some member have it, be it only to give it up? */
  readonly isOwned: (topicId: string, partition: number) => boolean;
  /** What the member says that it has; null: nothing new since it last said. */
  readonly reported: readonly TopicPartitions[] | null;
}

/** The member a step further, or as it was if there is none to take. */
export function reconcile(member: ConsumerMember, reconciliation: Reconciliation): ConsumerMember {
  const { targetEpoch, hasSubscriptionChanged, reported } = reconciliation;
  switch (member.state) {
    case MemberState.STABLE:
      if (member.memberEpoch !== targetEpoch) return nextAssignment(member, reconciliation);
      return hasSubscriptionChanged ? withoutUnsubscribed(member, reconciliation) : member;
    case MemberState.UNREVOKED_PARTITIONS:
      if (!stillHas(reported, member.pendingRevocation)) return nextAssignment(member, reconciliation);
      return hasSubscriptionChanged ? withoutUnsubscribed(member, reconciliation) : member;
    default:
      return nextAssignment(member, reconciliation);
  }
}

/** Until the member says what it has, it may have everything. */
function stillHas(reported: readonly TopicPartitions[] | null, revoked: PartitionEpochs): boolean {
  if (reported === null) return true;
  return reported.some(({ topicId, partitions }) => partitions.some((partition) => hasPartition(revoked, topicId, partition)));
}

/** Topics that it does not subscribe to any more are revoked; the target has yet to be computed anew. */
function withoutUnsubscribed(
  member: ConsumerMember,
  { subscribedTopicIds, reported }: Pick<Reconciliation, 'subscribedTopicIds' | 'reported'>,
): ConsumerMember {
  const unsubscribed = [...member.assigned].filter(([topicId]) => !subscribedTopicIds.has(topicId));
  if (unsubscribed.length === 0) return member;
  const assigned = new Map([...member.assigned].filter(([topicId]) => subscribedTopicIds.has(topicId)));
  const pendingRevocation = new Map(member.pendingRevocation);
  for (const [topicId, epochs] of unsubscribed)
    pendingRevocation.set(topicId, new Map([...(pendingRevocation.get(topicId) ?? []), ...epochs]));
  const { memberEpoch } = member;
  const next = { ...member, memberEpoch, previousMemberEpoch: memberEpoch, assigned };
  // What it has given up already is its no more, whatever state it is in.
  if (!stillHas(reported, pendingRevocation)) return next;
  return { ...next, state: MemberState.UNREVOKED_PARTITIONS, pendingRevocation };
}

function nextAssignment(
  member: ConsumerMember,
  { targetEpoch, target, subscribedTopicIds, isOwned, reported }: Reconciliation,
): ConsumerMember {
  const assigned = new Map<string, ReadonlyMap<number, number>>();
  const revoked = new Map<string, ReadonlyMap<number, number>>();
  let hasUnreleased = false;
  let hasNew = false;
  const withNew = new Map<string, ReadonlyMap<number, number>>();
  for (const topicId of new Set([...target.keys(), ...member.assigned.keys()])) {
    const wanted: ReadonlySet<number> = (subscribedTopicIds.has(topicId) ? target.get(topicId) : undefined) ?? new Set();
    const has = member.assigned.get(topicId) ?? new Map<number, number>();
    const kept = new Map([...has].filter(([partition]) => wanted.has(partition)));
    const given = new Map([...has].filter(([partition]) => !wanted.has(partition)));
    const missing = [...wanted].filter((partition) => !kept.has(partition));
    // Its own that it was told to give up is not somebody else's.
    const isFree = (partition: number): boolean =>
      !isOwned(topicId, partition) || hasPartition(member.pendingRevocation, topicId, partition);
    const free = missing.filter(isFree);
    if (free.length < missing.length) hasUnreleased = true;
    if (free.length > 0) hasNew = true;
    if (kept.size > 0) assigned.set(topicId, kept);
    if (given.size > 0) revoked.set(topicId, given);
    const all = new Map([...kept, ...free.map((partition): [number, number] => [partition, targetEpoch])]);
    if (all.size > 0) withNew.set(topicId, all);
  }
  const { memberEpoch } = member;
  if (revoked.size > 0 && stillHas(reported, revoked)) {
    const state = MemberState.UNREVOKED_PARTITIONS;
    return { ...member, state, memberEpoch, previousMemberEpoch: memberEpoch, assigned, pendingRevocation: revoked };
  }
  return {
    ...member,
    state: hasUnreleased ? MemberState.UNRELEASED_PARTITIONS : MemberState.STABLE,
    memberEpoch: targetEpoch,
    previousMemberEpoch: memberEpoch,
    assigned: hasNew ? withNew : assigned,
    pendingRevocation: NO_PARTITIONS,
  };
}
