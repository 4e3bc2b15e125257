/** DeleteGroups: groups without members, with their offsets. */
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onGroup } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const deleteGroupsApi = defineApi({
  name: 'DeleteGroups',
  versions: [0, 3],
  failed: ({ body, errorCode }) => ({ results: body.groupsNames.map((groupId) => ({ groupId, errorCode })) }),
  controller: null,
  broker: {
    authorization: { items: { delete: onGroup(AclOperation.DELETE) } },
    handle({ groups }, request, may) {
      const { groupsNames } = request.body;
      const refused = groupsNames
        .filter((group) => !may.delete(group))
        .map((groupId) => ({ groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }));
      groups.DeleteGroups(request, { ...request.body, groupsNames: groupsNames.filter(may.delete) }, (response) =>
        request.respond({ ...response, results: [...(response.results ?? []), ...refused] }),
      );
    },
  },
});
