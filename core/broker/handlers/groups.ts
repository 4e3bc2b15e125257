/** The APIs of groups: what the client may do is decided here, the rest is the group coordinator's. */
import { ErrorCode } from '../../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import type { GroupApiName, GroupRequestContext } from '../../group/api.ts';
import type { GroupCoordinator } from '../../group/group-coordinator.ts';
import { AclOperation, AclResourceType } from '../../security/acl.ts';
import type { BrokerContext } from '../broker-context.ts';
import { handleOffsetCommit, handleOffsetDelete, handleOffsetFetch } from './group-offsets.ts';

const { DELETE, DESCRIBE, READ } = AclOperation;

type MembershipApi = 'JoinGroup' | 'SyncGroup' | 'Heartbeat' | 'LeaveGroup';

type AnyGroupHandler = (
  this: GroupCoordinator,
  context: GroupRequestContext,
  request: RequestTypes[MembershipApi],
  done: (response: Draft<ResponseTypes[MembershipApi]>) => void,
) => void;

export function handleGroupRequest(broker: BrokerContext, request: IncomingRequest<GroupApiName>): void {
  if (isOf(request, 'OffsetCommit')) handleOffsetCommit(broker, request);
  else if (isOf(request, 'OffsetFetch')) handleOffsetFetch(broker, request);
  else if (isOf(request, 'OffsetDelete')) handleOffsetDelete(broker, request);
  else if (isOf(request, 'DescribeGroups')) handleDescribeGroups(broker, request);
  else if (isOf(request, 'ListGroups')) handleListGroups(broker, request);
  else if (isOf(request, 'DeleteGroups')) handleDeleteGroups(broker, request);
  else handleMembership(broker, request as IncomingRequest<MembershipApi>);
}

function handleMembership(broker: BrokerContext, request: IncomingRequest<MembershipApi>): void {
  const answer = (response: Draft<ResponseTypes[MembershipApi]>): void => request.respond(forVersion(request, response));
  if (!broker.auth.group(request, READ, request.body.groupId)) {
    const errorCode = ErrorCode.GROUP_AUTHORIZATION_FAILED;
    answer(isOf(request, 'JoinGroup') ? { errorCode, generationId: -1, protocolName: null } : { errorCode });
    return;
  }
  const handler = broker.groups[request.api] as unknown as AnyGroupHandler;
  handler.call(broker.groups, request, request.body, answer);
}

/** The name of the protocol may be absent since version 7 of JoinGroup; before, it is empty. */
function forVersion(
  request: IncomingRequest<GroupApiName>,
  response: Draft<ResponseTypes[MembershipApi]>,
): Draft<ResponseTypes[MembershipApi]> {
  if (!isOf(request, 'JoinGroup') || request.version >= 7) return response;
  const joined = response as Draft<ResponseTypes['JoinGroup']>;
  return joined.protocolName === null ? { ...joined, protocolName: '' } : joined;
}

function isOf<A extends GroupApiName>(request: IncomingRequest<GroupApiName>, api: A): request is IncomingRequest<A> {
  return request.api === api;
}

function handleDescribeGroups(broker: BrokerContext, request: IncomingRequest<'DescribeGroups'>): void {
  const { groups: asked, includeAuthorizedOperations } = request.body;
  const isVisible = (group: string): boolean => broker.auth.group(request, DESCRIBE, group);
  const refused = asked
    .filter((group) => !isVisible(group))
    .map((groupId) => ({ groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }));
  broker.groups.DescribeGroups(request, { ...request.body, groups: asked.filter(isVisible) }, (response) => {
    const described = (response.groups ?? []).map((group) => {
      if (!includeAuthorizedOperations || group.errorCode !== ErrorCode.NONE) return group;
      const name = group.groupId ?? '';
      return { ...group, authorizedOperations: broker.auth.authorizedOperations(request, AclResourceType.GROUP, name) };
    });
    request.respond({ ...response, groups: [...refused, ...described] });
  });
}

/** All groups for those who may describe the cluster, otherwise those that they may describe. */
function handleListGroups(broker: BrokerContext, request: IncomingRequest<'ListGroups'>): void {
  const seesAll = broker.auth.cluster(request, DESCRIBE);
  broker.groups.ListGroups(request, request.body, (response) => {
    const groups = response.groups ?? [];
    const isVisible = (groupId: string): boolean => seesAll || broker.auth.group(request, DESCRIBE, groupId);
    request.respond({ ...response, groups: groups.filter(({ groupId }) => isVisible(groupId ?? '')) });
  });
}

function handleDeleteGroups(broker: BrokerContext, request: IncomingRequest<'DeleteGroups'>): void {
  const { groupsNames } = request.body;
  const mayDelete = (group: string): boolean => broker.auth.group(request, DELETE, group);
  const refused = groupsNames
    .filter((group) => !mayDelete(group))
    .map((groupId) => ({ groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }));
  broker.groups.DeleteGroups(request, { ...request.body, groupsNames: groupsNames.filter(mayDelete) }, (response) =>
    request.respond({ ...response, results: [...(response.results ?? []), ...refused] }),
  );
}
