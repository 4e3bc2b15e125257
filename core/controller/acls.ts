/** CreateAcls and DeleteAcls. */
import type { RandomStream } from '../../ports/random.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { CreateAclsRequest, CreateAclsRequestAclCreation } from '../protocol/messages/create-acls-request.ts';
import type { CreateAclsResponse } from '../protocol/messages/create-acls-response.ts';
import type { DeleteAclsRequest } from '../protocol/messages/delete-acls-request.ts';
import type { DeleteAclsResponse, DeleteAclsResponseDeleteAclsMatchingAcl } from '../protocol/messages/delete-acls-response.ts';
import { randomUuid } from '../protocol/uuid.ts';
import {
  type Acl,
  AclOperation,
  AclResourceType,
  type Acls,
  CLUSTER_NAME,
  isKnownCode,
  PatternType,
  PermissionType,
} from '../security/acl.ts';
import { filterOf, filterProblem, matchesFilter } from '../security/acl-filter.ts';
import { parsePrincipal } from '../security/principal.ts';
import { ApiError, attempt } from './api-error.ts';
import type { Changes } from './changes.ts';

/** ACLs mean something only to an authorizer. */
export function checkSecurity(hasAuthorizer: boolean): void {
  if (!hasAuthorizer) throw new ApiError(ErrorCode.SECURITY_DISABLED, 'No authorizer is configured.');
}

/** An entry that exists is not written again; it is answered as one that was created. */
export function createAcls(changes: Changes, chance: RandomStream, request: CreateAclsRequest): CreateAclsResponse {
  const { acls } = changes.image;
  const existing = new Set(Array.from(acls.values(), identity));
  const results = request.creations.map((creation) =>
    attempt(() => {
      checkCreation(creation);
      const {
        resourcePatternType: patternType,
        resourceType,
        resourceName,
        principal,
        host,
        operation,
        permissionType,
      } = creation;
      const acl = { resourceType, resourceName, patternType, principal, host, operation, permissionType };
      const key = identity(acl);
      if (existing.has(key)) return;
      existing.add(key);
      changes.add('AccessControlEntryRecord', { id: unusedId(acls, chance), ...acl });
    }),
  );
  return { throttleTimeMs: 0, results };
}

function identity({ resourceType, resourceName, patternType, principal, host, operation, permissionType }: Acl): string {
  return JSON.stringify([resourceType, resourceName, patternType, principal, host, operation, permissionType]);
}

function checkCreation(creation: CreateAclsRequestAclCreation): void {
  const refuse = (message: string): never => {
    throw new ApiError(ErrorCode.INVALID_REQUEST, message);
  };
  const { resourceType, resourceName, resourcePatternType, principal, operation, permissionType } = creation;
  if (resourceType === AclResourceType.CLUSTER && resourceName !== CLUSTER_NAME) {
    refuse(`The cluster is called ${CLUSTER_NAME}, not '${resourceName}'.`);
  }
  if (resourceName === '') refuse('The resource name is empty.');
  if (!isKnownCode(AclResourceType, resourceType) || resourceType === AclResourceType.ANY) {
    refuse(`An ACL cannot be for resource type ${resourceType}.`);
  }
  if (resourcePatternType !== PatternType.LITERAL && resourcePatternType !== PatternType.PREFIXED) {
    refuse(`The pattern type of an ACL cannot be ${resourcePatternType}; it is literal (3) or prefixed (4).`);
  }
  if (!isKnownCode(AclOperation, operation) || operation === AclOperation.ANY) {
    refuse(`An ACL cannot be for operation ${operation}.`);
  }
  if (permissionType !== PermissionType.ALLOW && permissionType !== PermissionType.DENY) {
    refuse(`The permission type of an ACL cannot be ${permissionType}; it is deny (2) or allow (3).`);
  }
  if (parsePrincipal(principal) === null) refuse(`The principal '${principal}' is not of the form type:name, like User:alice.`);
}

function unusedId(acls: Acls, chance: RandomStream): string {
  for (;;) {
    const id = randomUuid(chance);
    if (!acls.has(id)) return id;
  }
}

/** Each filter is matched with the entries there are before the request; one that two filters match is in both answers. */
export function deleteAcls(changes: Changes, request: DeleteAclsRequest): DeleteAclsResponse {
  const { acls } = changes.image;
  const removed = new Set<string>();
  const filterResults = request.filters.map((given) => {
    const matchingAcls: DeleteAclsResponseDeleteAclsMatchingAcl[] = [];
    const result = attempt(() => {
      const filter = filterOf(given);
      const problem = filterProblem(filter);
      if (problem !== null) throw new ApiError(ErrorCode.INVALID_REQUEST, problem);
      for (const [id, acl] of acls) {
        if (!matchesFilter(filter, acl)) continue;
        matchingAcls.push({ errorCode: ErrorCode.NONE, errorMessage: null, ...acl });
        removed.add(id);
      }
    });
    return { ...result, matchingAcls };
  });
  for (const id of removed) changes.add('RemoveAccessControlEntryRecord', { id });
  return { throttleTimeMs: 0, filterResults };
}
