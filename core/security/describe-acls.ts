/** DescribeAcls, on brokers and controllers. */
import { ErrorCode } from '../protocol/errors.ts';
import type {
  DescribeAclsRequest,
  DescribeAclsResponse,
  DescribeAclsResponseDescribeAclsResource,
} from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { AclOperation } from './acl.ts';
import { filterOf, filterProblem, matchesFilter } from './acl-filter.ts';
import type { AuthHelper } from './auth-helper.ts';
import type { Requester } from './authorizer.ts';

export function describeAcls(auth: AuthHelper, requester: Requester, request: DescribeAclsRequest): Draft<DescribeAclsResponse> {
  if (!auth.cluster(requester, AclOperation.DESCRIBE)) {
    return failed(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'Cluster authorization failed.');
  }
  if (auth.authorizer === null) return failed(ErrorCode.SECURITY_DISABLED, 'No authorizer is configured.');
  const filter = filterOf(request);
  const problem = filterProblem(filter);
  if (problem !== null) return failed(ErrorCode.INVALID_REQUEST, problem);
  const resources = new Map<string, DescribeAclsResponseDescribeAclsResource>();
  for (const acl of auth.authorizer.acls.values()) {
    if (!matchesFilter(filter, acl)) continue;
    const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl;
    const key = `${resourceType}/${patternType}/${resourceName}`;
    let resource = resources.get(key);
    if (resource === undefined) resources.set(key, (resource = { resourceType, resourceName, patternType, acls: [] }));
    resource.acls.push({ principal, host, operation, permissionType });
  }
  return { errorCode: ErrorCode.NONE, errorMessage: null, resources: [...resources.values()] };
}

function failed(errorCode: number, errorMessage: string): Draft<DescribeAclsResponse> {
  return { errorCode, errorMessage, resources: [] };
}
