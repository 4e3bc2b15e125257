/** DeleteAcls, by filters. */
import { checkSecurity, deleteAcls } from '../../controller/acls.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const deleteAclsApi = defineApi({
  name: 'DeleteAcls',
  versions: [1, 3],
  failed: ({ body, errorCode, errorMessage }) => ({
    filterResults: body.filters.map(() => ({ errorCode, errorMessage, matchingAcls: [] })),
  }),
  broker: { forward },
  controller: {
    authorization: { request: onCluster(AclOperation.ALTER) },
    decide({ active, hasAuthorizer }, request) {
      const changes = active.begin();
      checkSecurity(hasAuthorizer);
      return { changes, body: deleteAcls(changes, request.body) };
    },
  },
});
