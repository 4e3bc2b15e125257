/** JoinGroup: a member enters a group, or a rebalance of it. */
import { AclOperation } from '../../security/acl.ts';
import { onGroup } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const joinGroupApi = defineApi({
  name: 'JoinGroup',
  versions: [0, 9],
  failed: ({ version, errorCode }) => ({
    errorCode,
    generationId: -1,
    // May be absent since version 7.
    protocolName: version >= 7 ? null : '',
  }),
  controller: null,
  broker: {
    authorization: { request: onGroup(AclOperation.READ), of: ({ groupId }) => groupId },
    handle: ({ groups }, request) => groups.JoinGroup(request, request.body, (answer) => request.respond(answer)),
  },
});
