/** CreateAcls. */
import { checkSecurity, createAcls } from '../../controller/acls.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const createAclsApi = defineApi({
  name: 'CreateAcls',
  versions: [1, 3],
  failed: ({ body, errorCode, errorMessage }) => ({ results: body.creations.map(() => ({ errorCode, errorMessage })) }),
  broker: { forward },
  controller: {
    authorization: { request: onCluster(AclOperation.ALTER) },
    decide({ active, hasAuthorizer }, request) {
      const changes = active.begin();
      checkSecurity(hasAuthorizer);
      return { changes, body: createAcls(changes, active.aclIds, request.body) };
    },
  },
});
