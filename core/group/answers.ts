/** What members are answered: refusals, and the generation they are in. */
import { ErrorCode } from '../protocol/errors.ts';
import type { Group } from './group.ts';
import { type JoinResult, type Member, NO_BYTES, type SyncResult } from './member.ts';

/** A JoinGroup refused; `memberId` is what it is told to be called, or was called. */
export function joinError(errorCode: number, memberId: string): JoinResult {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

/** A SyncGroup refused. */
export function syncError(errorCode: number): SyncResult {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES };
}

/** The answer to a JoinGroup: the generation there is. Only its leader is told of the members. */
export function currentGeneration(group: Group, member: Member, withMembers: boolean): JoinResult {
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leader ?? '',
    skipAssignment: false,
    memberId: member.memberId,
    members: withMembers ? group.memberMetadata() : [],
  };
}

/** NONE, or why a request of this member is refused: it is unknown, or another took its group.instance.id. */
export function validateMember(group: Group, memberId: string, groupInstanceId: string | null): number {
  if (groupInstanceId !== null) {
    const current = group.staticMembers.get(groupInstanceId);
    if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (current !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  }
  return group.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
}
