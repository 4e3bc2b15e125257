/** Fencing of commits and fetches of offsets in consumer groups (GR4 of docs/properties.md; KIP-848, KIP-1251). */
import { ErrorCode } from '../../protocol/errors.ts';
import type { ConsumerGroupState } from './consumer-group-state.ts';
import type { ConsumerMember } from './consumer-member.ts';

/** Members of the consumer protocol know STALE_MEMBER_EPOCH from here on. */
const MEMBER_EPOCH_VERSION = 9;

export interface Commit {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationIdOrMemberEpoch: number;
  readonly topics: readonly {
    readonly topicId: string;
    readonly partitions: readonly { readonly partitionIndex: number }[];
  }[];
}

/**
 * NONE, or why a commit is refused as a whole. An older epoch than the member's will do for partitions that were its own in it already: one that
 * was not makes the commit fail.
 */
export function commitError(state: ConsumerGroupState, version: number, commit: Commit, isTransactional: boolean): number {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: epoch } = commit;
  if (epoch < 0 && state.members.size === 0) return ErrorCode.NONE;
  // Clients before KIP-447 tell no member.
  if (isTransactional && epoch === -1 && memberId === '' && groupInstanceId === null) return ErrorCode.NONE;
  const member = state.members.get(memberId);
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  const isClassic = member.classic !== null;
  if (!isTransactional && !isClassic && version < MEMBER_EPOCH_VERSION) return ErrorCode.UNSUPPORTED_VERSION;
  const stale = isClassic ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.STALE_MEMBER_EPOCH;
  if (epoch === member.memberEpoch) return ErrorCode.NONE;
  if (epoch > member.memberEpoch) return stale;
  const mayCommit = commit.topics.every(({ topicId, partitions }) =>
    partitions.every(({ partitionIndex }) => epoch >= (assignedIn(member, topicId, partitionIndex) ?? Number.POSITIVE_INFINITY)),
  );
  return mayCommit ? ErrorCode.NONE : stale;
}

/** The epoch in which a partition was assigned to its member, be it one that it was told to give up. */
export function assignedIn(member: ConsumerMember, topicId: string, partition: number): number | undefined {
  return member.assigned.get(topicId)?.get(partition) ?? member.pendingRevocation.get(topicId)?.get(partition);
}

/** NONE, or why a member is not told of offsets: it must be in the epoch that it says. Who is no member is told. */
export function fetchError(state: ConsumerGroupState | null, memberId: string | null, memberEpoch: number): number {
  if (memberId === null && memberEpoch < 0) return ErrorCode.NONE;
  if (state === null) return ErrorCode.NONE;
  const member = state.members.get(memberId ?? '');
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (member.memberEpoch === memberEpoch) return ErrorCode.NONE;
  return member.classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION;
}
