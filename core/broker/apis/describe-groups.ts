/** DescribeGroups: state and members of groups, each of which needs DESCRIBE. */
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation, AclResourceType } from '../../security/acl.ts';
import { onGroup } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const describeGroupsApi = defineApi({
  name: 'DescribeGroups',
  versions: [0, 6],
  failed: ({ body, errorCode }) => ({ groups: body.groups.map((groupId) => ({ errorCode, groupId })) }),
  controller: null,
  broker: {
    authorization: { items: { describe: onGroup(AclOperation.DESCRIBE) } },
    handle(broker, request, may) {
      const { groups: asked, includeAuthorizedOperations } = request.body;
      const refused = asked
        .filter((group) => !may.describe(group))
        .map((groupId) => ({ groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }));
      broker.groups.DescribeGroups(request, { ...request.body, groups: asked.filter(may.describe) }, (response) => {
        const described = (response.groups ?? []).map((group) => {
          if (!includeAuthorizedOperations || group.errorCode !== ErrorCode.NONE) return group;
          const name = group.groupId ?? '';
          return { ...group, authorizedOperations: broker.auth.authorizedOperations(request, AclResourceType.GROUP, name) };
        });
        request.respond({ ...response, groups: [...refused, ...described] });
      });
    },
  },
});
