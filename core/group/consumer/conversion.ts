/** A group changes its protocol while it has members (KIP-848): the one kind of group made of the other. */
import { invariant } from '../../../ports/invariant.ts';
import type { MigrationPolicy } from '../../config/migration-policy.ts';
import { hostAsJava } from '../client-host.ts';
import type { Group } from '../group.ts';
import { Member } from '../member.ts';
import { decodeAssignment, decodeSubscription, encodeAssignment } from './classic-protocol.ts';
import { type ConsumerGroupState, subscribedByAny } from './consumer-group-state.ts';
import { type ConsumerMember, MemberState, newMember } from './consumer-member.ts';
import { Draft } from './draft.ts';
import { metadataHash } from './metadata-hash.ts';
import { NO_PARTITIONS, type Partitions } from './partitions.ts';
import type { TopicsView } from './topics-view.ts';

export function mayUpgrade(policy: MigrationPolicy): boolean {
  return policy === 'upgrade' || policy === 'bidirectional';
}

function mayDowngrade(policy: MigrationPolicy): boolean {
  return policy === 'downgrade' || policy === 'bidirectional';
}

/**
 * The consumer group that a classic one becomes, in its records: the members have what they were assigned last, in their generation, and
 * that is the target assignment. Null: it cannot be told what they want or have.
 */
export function upgraded(group: Group, topics: TopicsView): Draft | null {
  const members: ConsumerMember[] = [];
  const target = new Map<string, Partitions>();
  for (const member of group.members.values()) {
    const subscription = decodeSubscription(member.metadataFor(group.protocolName));
    const assigned = decodeAssignment(member.assignment, topics);
    if (subscription === null || assigned === null) return null;
    const epochs = [...assigned].map(
      ([topicId, of]) => [topicId, new Map([...of].map((index) => [index, group.generation]))] as const,
    );
    target.set(member.memberId, assigned);
    members.push({
      ...newMember(member.memberId),
      instanceId: member.groupInstanceId,
      rackId: subscription.rackId === '' ? null : subscription.rackId,
      clientId: member.clientId,
      clientHost: hostAsJava(member.clientHost),
      subscribedTopicNames: [...new Set(subscription.topics)].sort(),
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      classic: { sessionTimeoutMs: member.sessionTimeoutMs, supportedProtocols: member.protocols },
      memberEpoch: group.generation,
      previousMemberEpoch: group.generation,
      state: MemberState.STABLE,
      assigned: new Map(epochs),
    });
  }
  const hash = metadataHash(subscribedByAny(members, new Map()), topics);
  const draft = new Draft(null);
  for (const member of members) draft.setMember(member);
  draft.add({ kind: 'epoch', value: { epoch: group.generation, metadataHash: hash } });
  for (const { memberId } of members) draft.add({ kind: 'target', memberId, value: target.get(memberId) ?? NO_PARTITIONS });
  draft.add({ kind: 'target-epoch', value: { assignmentEpoch: group.generation, assignmentTimestamp: 0 } });
  for (const member of members) draft.setCurrent(member);
  return draft;
}

export interface Migration {
  readonly policy: MigrationPolicy;
  /** Most members of a classic group. */
  readonly classicMaxSize: number;
}

/** Whether a consumer group may become a classic one once these members are out of it, and a classic one in their place if `isReplaced`. */
export function downgrades(
  { members }: ConsumerGroupState,
  gone: ReadonlySet<ConsumerMember>,
  { policy, classicMaxSize }: Migration,
  isReplaced = false,
): boolean {
  const left = [...members.values()].filter((member) => !gone.has(member));
  const count = left.length + (isReplaced ? gone.size : 0);
  if (count === 0 || left.some(({ classic }) => classic === null)) return false;
  return mayDowngrade(policy) && count <= classicMaxSize;
}

/**
 * Fills `group`, which is new and has the offsets of the consumer group before it, with members that all go by the classic protocol. It is stable,
 * in the epoch that the consumer group was in, with what its members were to have.
 */
export function downgrade(
  group: Group,
  { epoch, members, target }: Pick<ConsumerGroupState, 'epoch' | 'target'> & { readonly members: Iterable<ConsumerMember> },
  topics: TopicsView,
  wallMs: number,
): void {
  group.protocolType = 'consumer';
  group.generation = epoch;
  group.currentStateTimestamp = wallMs;
  for (const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs, classic } of members) {
    invariant(classic !== null, () => `member ${memberId} of group ${group.id} does not go by the classic protocol`);
    const { sessionTimeoutMs, supportedProtocols: protocols } = classic;
    const times = { rebalanceTimeoutMs, sessionTimeoutMs };
    group.add(new Member({ memberId, groupInstanceId: instanceId, clientId, clientHost, ...times, protocols }));
  }
  group.protocolName = group.selectProtocol();
  for (const member of group.members.values()) {
    const partitions = target.get(member.memberId) ?? NO_PARTITIONS;
    member.assignment = encodeAssignment(partitions, member.metadataFor(group.protocolName), topics);
  }
  group.noteSubscriptions();
  group.state = { name: 'Stable', pendingSync: null };
}
