/** How a group is told of: to clients, to inspections, and in the trace. */
import { ErrorCode } from '../protocol/errors.ts';
import type { ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { TraceEventOf } from '../trace.ts';
import type { GroupSummary } from './api.ts';
import type { Group } from './group.ts';

type DescribedGroup = NonNullable<Draft<ResponseTypes['DescribeGroups']>['groups']>[number];
type ListedGroup = NonNullable<Draft<ResponseTypes['ListGroups']>['groups']>[number];

/** As DescribeGroups has it, in this version of the API. */
export function describedGroup(groupId: string, group: Group | undefined, version: number): DescribedGroup {
  if (group === undefined || !group.isRecorded) {
    // KIP-1043: that there is none is an error since version 6.
    if (version < 6) return { errorCode: ErrorCode.NONE, groupId, groupState: 'Dead' };
    const errorMessage = `Group ${groupId} not found.`;
    return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupId, groupState: 'Dead' };
  }
  const stable = group.is('Stable');
  return {
    errorCode: ErrorCode.NONE,
    groupId,
    groupState: group.state.name,
    protocolType: group.protocolType ?? '',
    protocolData: stable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      // As Java writes an address that it has no name for.
      clientHost: member.clientHost.startsWith('/') ? member.clientHost : `/${member.clientHost}`,
      ...(stable ? { memberMetadata: member.metadataFor(group.protocolName) } : {}),
      memberAssignment: member.assignment,
    })),
  };
}

/** As ListGroups has it. */
export function listedGroup({ id, protocolType, state }: Group): ListedGroup {
  return { groupId: id, protocolType: protocolType ?? '', groupState: state.name, groupType: 'classic' };
}

/** As an inspection has it. */
export function summaryOf(group: Group): GroupSummary {
  return {
    group: group.id,
    state: group.state.name,
    generation: group.generation,
    members: [...group.members.keys()],
    offsets: [...group.offsets].map(([partition, { offset }]) => ({ partition, offset })),
  };
}

/** What a coordinator that has loaded these groups knows of their offsets. */
export function loadedOffsets(
  groups: readonly Group[],
): Pick<TraceEventOf<'coordinator-loaded'>, 'offsets' | 'transactionalOffsets'> {
  return {
    offsets: groups.flatMap((group) =>
      [...group.offsets].map(([partition, { topicId, offset, logOffset }]) => ({
        group: group.id,
        partition,
        topicId,
        offset,
        logOffset,
      })),
    ),
    transactionalOffsets: groups.flatMap((group) =>
      [...group.transactionalOffsets].flatMap(([partition, ofProducers]) =>
        [...ofProducers].map(([producerId, { topicId, offset, logOffset }]) => ({
          group: group.id,
          partition,
          topicId,
          offset,
          producerId,
          logOffset,
        })),
      ),
    ),
  };
}
