/** Heartbeat of a group's member. */
import { AclOperation } from '../../security/acl.ts';
import { onGroup } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const heartbeatApi = defineApi({
  name: 'Heartbeat',
  versions: [0, 4],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: { request: onGroup(AclOperation.READ), of: ({ groupId }) => groupId },
    handle: ({ groups }, request) => groups.Heartbeat(request, request.body, (answer) => request.respond(answer)),
  },
});
