/** ListGroups: all groups for those who may describe the cluster, otherwise those that they may describe. */
import { AclOperation } from '../../security/acl.ts';
import { onCluster, onGroup } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const listGroupsApi = defineApi({
  name: 'ListGroups',
  versions: [0, 5],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: { items: { describeAll: onCluster(AclOperation.DESCRIBE), describe: onGroup(AclOperation.DESCRIBE) } },
    handle({ groups }, request, may) {
      const seesAll = may.describeAll();
      groups.ListGroups(request, request.body, (response) => {
        const listed = response.groups ?? [];
        request.respond({ ...response, groups: listed.filter(({ groupId }) => seesAll || may.describe(groupId ?? '')) });
      });
    },
  },
});
