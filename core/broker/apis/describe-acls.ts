/** DescribeAcls, answered alike by brokers and controllers. */
import { ErrorCode } from '../../protocol/errors.ts';
import type {
  DescribeAclsRequest,
  DescribeAclsResponse,
  DescribeAclsResponseDescribeAclsResource,
} from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation } from '../../security/acl.ts';
import { filterOf, filterProblem, matchesFilter } from '../../security/acl-filter.ts';
import type { Authorizer } from '../../security/authorizer.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

const authorization = { request: onCluster(AclOperation.DESCRIBE) };

export const describeAclsApi = defineApi({
  name: 'DescribeAcls',
  versions: [1, 3],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  broker: {
    authorization,
    handle: ({ auth }, request) => request.respond(describe(auth.authorizer, request.body)),
  },
  controller: {
    authorization,
    handle: ({ auth }, request) => request.respond(describe(auth.authorizer, request.body)),
  },
});

function describe(authorizer: Authorizer | null, request: DescribeAclsRequest): Draft<DescribeAclsResponse> {
  if (authorizer === null) return refused(ErrorCode.SECURITY_DISABLED, 'No authorizer is configured.');
  const filter = filterOf(request);
  const problem = filterProblem(filter);
  if (problem !== null) return refused(ErrorCode.INVALID_REQUEST, problem);
  const resources = new Map<string, DescribeAclsResponseDescribeAclsResource>();
  for (const acl of authorizer.acls.values()) {
    if (!matchesFilter(filter, acl)) continue;
    const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl;
    const key = `${resourceType}/${patternType}/${resourceName}`;
    let resource = resources.get(key);
    if (resource === undefined) resources.set(key, (resource = { resourceType, resourceName, patternType, acls: [] }));
    resource.acls.push({ principal, host, operation, permissionType });
  }
  return { errorCode: ErrorCode.NONE, errorMessage: null, resources: [...resources.values()] };
}

function refused(errorCode: number, errorMessage: string): Draft<DescribeAclsResponse> {
  return { errorCode, errorMessage, resources: [] };
}
