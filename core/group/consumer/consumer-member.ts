/** A member of a consumer group (KIP-848): what it asked for, and how far it has come with what it is to have. A value that is never changed. */
import { NO_PARTITIONS, type PartitionEpochs } from './partitions.ts';

/** Member epochs with a meaning of their own. */
export const JOIN_EPOCH = 0;
/** It leaves; of a member in memory: its tombstones are being read. */
export const LEAVE_EPOCH = -1;
/** A static member that will be back within its session. */
export const STATIC_LEAVE_EPOCH = -2;

/** By Kafka's numbers in records. */
export const MemberState = {
  /** It has what its epoch gives it. */
  STABLE: 0,
  /** It is told to give up partitions, and has not said yet that it did. */
  UNREVOKED_PARTITIONS: 1,
  /** It has all that is free of what it is to have; the rest is still others'. */
  UNRELEASED_PARTITIONS: 2,
} as const;

/** A member that uses the classic protocol in a group of this one: what its JoinGroup said. */
interface ClassicMetadata {
  readonly sessionTimeoutMs: number;
  readonly supportedProtocols: readonly { readonly name: string; readonly metadata: Uint8Array }[];
}

/** What a member says of itself. */
export interface MemberMetadata {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Each once, in order. */
  readonly subscribedTopicNames: readonly string[];
  /** Null and '' mean none. */
  readonly subscribedTopicRegex: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** Null: it uses the consumer protocol. */
  readonly classic: ClassicMetadata | null;
}

/** Where it stands between what it had and what it is to have. */
export interface CurrentAssignment {
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: number;
  readonly assigned: PartitionEpochs;
  readonly pendingRevocation: PartitionEpochs;
}

export interface ConsumerMember extends MemberMetadata, CurrentAssignment {
  readonly memberId: string;
}

/** A member that nobody has written of yet. */
export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    subscribedTopicRegex: '',
    rebalanceTimeoutMs: -1,
    serverAssignor: null,
    classic: null,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: MemberState.STABLE,
    assigned: NO_PARTITIONS,
    pendingRevocation: NO_PARTITIONS,
  };
}

/** The regular expression that a member subscribes to, or null. */
export function regexOf(member: Pick<MemberMetadata, 'subscribedTopicRegex'>): string | null {
  const { subscribedTopicRegex: regex } = member;
  return regex === null || regex === '' ? null : regex;
}

/** It has all that the target assignment of this epoch gives it. */
export function isReconciledTo(member: CurrentAssignment, assignmentEpoch: number): boolean {
  return member.state === MemberState.STABLE && member.memberEpoch === assignmentEpoch;
}
