/** SyncGroup: the leader gives the assignment of a generation, and each member gets its part. */
import { AclOperation } from '../../security/acl.ts';
import { onGroup } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const syncGroupApi = defineApi({
  name: 'SyncGroup',
  versions: [0, 5],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: { request: onGroup(AclOperation.READ), of: ({ groupId }) => groupId },
    handle: ({ groups }, request) => groups.SyncGroup(request, request.body, (answer) => request.respond(answer)),
  },
});
