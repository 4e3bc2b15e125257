/** LeaveGroup: members leave a group, several at a time since version 3 (KIP-345). */
import { AclOperation } from '../../security/acl.ts';
import { onGroup } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const leaveGroupApi = defineApi({
  name: 'LeaveGroup',
  versions: [0, 5],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: { request: onGroup(AclOperation.READ), of: ({ groupId }) => groupId },
    handle: ({ groups }, request) => groups.LeaveGroup(request, request.body, (answer) => request.respond(answer)),
  },
});
