/** The APIs of groups: all of them go to the group coordinator as they are. */
import type { RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { IncomingRequest } from '../../rpc/RpcServer.ts';
import type { GroupApiName, GroupRequestContext } from '../../group/api.ts';
import type { GroupCoordinator } from '../../group/GroupCoordinator.ts';

type AnyGroupHandler = (
  this: GroupCoordinator,
  context: GroupRequestContext,
  request: RequestTypes[GroupApiName],
  done: (response: Draft<ResponseTypes[GroupApiName]>) => void,
) => void;

export function handleGroupRequest(groups: GroupCoordinator, request: IncomingRequest<GroupApiName>): void {
  const handler = groups[request.api] as unknown as AnyGroupHandler;
  handler.call(groups, request, request.body, (response) => request.respond(forVersion(request, response)));
}

/** The name of the protocol may be absent since version 7 of JoinGroup; before, it is empty. */
function forVersion(
  request: IncomingRequest<GroupApiName>,
  response: Draft<ResponseTypes[GroupApiName]>,
): Draft<ResponseTypes[GroupApiName]> {
  if (request.api !== 'JoinGroup' || request.version >= 7) return response;
  const joined = response as Draft<ResponseTypes['JoinGroup']>;
  return joined.protocolName === null ? { ...joined, protocolName: '' } : joined;
}
