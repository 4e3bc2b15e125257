/**
 * What the records of a consumer group stand for: a value that is never changed. A record makes another of it, be it read from the log or
 * about to be written there, so that a write that fails is undone by going back to the value before it.
 */
import { type ConsumerMember, isReconciledTo, LEAVE_EPOCH, newMember, regexOf } from './consumer-member.ts';
import type { ConsumerGroupRecord } from './consumer-records.ts';
import { NO_PARTITIONS, type Partitions } from './partitions.ts';
import type { TopicsView } from './topics-view.ts';

/** The topics that a regular expression stands for. */
export interface ResolvedRegex {
  readonly topics: readonly string[];
  /** Of the metadata that it was looked up in. */
  readonly version: number;
  /** Wall-clock milliseconds. */
  readonly timestamp: number;
}

export interface ConsumerGroupState {
  /** Raised by whatever makes another assignment necessary. */
  readonly epoch: number;
  readonly metadataHash: bigint;
  readonly members: ReadonlyMap<string, ConsumerMember>;
  /** The group's epoch that the target assignment was made for. */
  readonly assignmentEpoch: number;
  /** Wall-clock milliseconds; 0: not known. */
  readonly assignmentTimestamp: number;
  readonly target: ReadonlyMap<string, Partitions>;
  /** By expression. */
  readonly regexes: ReadonlyMap<string, ResolvedRegex>;
  /** There is a record that brokers before 4.1 wrote, and that is to go. */
  readonly hasPartitionMetadata: boolean;
}

/** A group begins in epoch 1 (4.3), so that the first epoch that a member sees is 2. */
export const NEW_STATE: ConsumerGroupState = {
  epoch: 1,
  metadataHash: 0n,
  members: new Map(),
  assignmentEpoch: 1,
  assignmentTimestamp: 0,
  target: new Map(),
  regexes: new Map(),
  hasPartitionMetadata: false,
};

export type ConsumerGroupStateName = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

export function stateName({ members, epoch, assignmentEpoch }: ConsumerGroupState): ConsumerGroupStateName {
  if (members.size === 0) return 'Empty';
  if (epoch > assignmentEpoch) return 'Assigning';
  for (const member of members.values()) if (!isReconciledTo(member, assignmentEpoch)) return 'Reconciling';
  return 'Stable';
}

/** The state after a record; null: there is no such group. */
export function applyRecord(before: ConsumerGroupState | null, record: ConsumerGroupRecord): ConsumerGroupState | null {
  if (before === null && record.value === null) return null;
  const state = before ?? NEW_STATE;
  switch (record.kind) {
    case 'epoch':
      if (record.value !== null) return { ...state, epoch: record.value.epoch, metadataHash: record.value.metadataHash };
      return null;
    case 'partition-metadata':
      return { ...state, hasPartitionMetadata: record.value !== null };
    case 'target-epoch':
      if (record.value !== null) return { ...state, ...record.value };
      return { ...state, assignmentEpoch: -1, assignmentTimestamp: 0 };
    case 'target':
      return { ...state, target: changed(state.target, record.memberId, record.value) };
    case 'regex':
      return { ...state, regexes: changed(state.regexes, record.regex, record.value) };
    case 'member': {
      const before = state.members.get(record.memberId) ?? newMember(record.memberId);
      const member = record.value === null ? null : { ...before, ...record.value };
      return { ...state, members: changed(state.members, record.memberId, member) };
    }
    case 'current': {
      const member = state.members.get(record.memberId);
      if (record.value === null && member === undefined) return state;
      const value = record.value ?? GONE;
      const next = { ...(member ?? newMember(record.memberId)), ...value };
      return { ...state, members: changed(state.members, record.memberId, next) };
    }
  }
}

const GONE = {
  memberEpoch: LEAVE_EPOCH,
  previousMemberEpoch: LEAVE_EPOCH,
  assigned: NO_PARTITIONS,
  pendingRevocation: NO_PARTITIONS,
};

function changed<V>(map: ReadonlyMap<string, V>, key: string, value: V | null): ReadonlyMap<string, V> {
  const next = new Map(map);
  if (value === null) next.delete(key);
  else next.set(key, value);
  return next;
}

/** The member that has a group.instance.id, if any. */
export function staticMember(state: ConsumerGroupState, instanceId: string): ConsumerMember | undefined {
  for (const member of state.members.values()) if (member.instanceId === instanceId) return member;
  return undefined;
}

/** Members for each regular expression. */
export function regexCounts(members: Iterable<ConsumerMember>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const member of members) {
    const regex = regexOf(member);
    if (regex !== null) counts.set(regex, (counts.get(regex) ?? 0) + 1);
  }
  return counts;
}

/** Names of the topics that a member subscribes to: those it names, and what is known of its regular expression. */
function subscribedNames(member: ConsumerMember, regexes: ConsumerGroupState['regexes']): ReadonlySet<string> {
  const regex = regexOf(member);
  return new Set([...member.subscribedTopicNames, ...(regex === null ? [] : (regexes.get(regex)?.topics ?? []))]);
}

/** Names that any member subscribes to, whether there are such topics or not. */
export function subscribedByAny(members: Iterable<ConsumerMember>, regexes: ConsumerGroupState['regexes']): Set<string> {
  const names = new Set<string>();
  for (const member of members) for (const name of subscribedNames(member, regexes)) names.add(name);
  return names;
}

/** Ids of the topics that a member subscribes to and that exist. */
export function subscribedTopicIds(
  member: ConsumerMember,
  regexes: ConsumerGroupState['regexes'],
  topics: TopicsView,
): ReadonlySet<string> {
  return new Set([...subscribedNames(member, regexes)].flatMap((name) => topics.byName(name)?.id ?? []));
}

/** Whether a partition has an owner, be it one that was told to give it up. */
export function ownership(state: ConsumerGroupState): (topicId: string, partition: number) => boolean {
  const owned = new Map<string, Set<number>>();
  for (const member of state.members.values()) {
    for (const epochs of [member.assigned, member.pendingRevocation]) {
      for (const [topicId, partitions] of epochs) {
        const of = owned.get(topicId) ?? new Set<number>();
        for (const partition of partitions.keys()) of.add(partition);
        owned.set(topicId, of);
      }
    }
  }
  return (topicId, partition) => owned.get(topicId)?.has(partition) ?? false;
}
