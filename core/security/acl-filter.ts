/** Which entries DescribeAcls and DeleteAcls mean. */
import { type Acl, AclOperation, AclResourceType, isKnownCode, PatternType, PermissionType, WILDCARD } from './acl.ts';

/** Null matches every text, ANY every code. */
export interface AclFilter {
  readonly resourceType: number;
  readonly resourceName: string | null;
  /** MATCH: all patterns that apply to a resource of this name. */
  readonly patternType: number;
  readonly principal: string | null;
  readonly host: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

/** A filter as requests hold it. */
interface FilterOnWire {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

export function filterOf(request: FilterOnWire): AclFilter {
  return {
    resourceType: request.resourceTypeFilter,
    resourceName: request.resourceNameFilter,
    patternType: request.patternTypeFilter,
    principal: request.principalFilter,
    host: request.hostFilter,
    operation: request.operation,
    permissionType: request.permissionType,
  };
}

/** What is wrong with a filter, as a sentence; null if nothing is. */
export function filterProblem(filter: AclFilter): string | null {
  if (!isKnownCode(AclResourceType, filter.resourceType) || !isKnownCode(PatternType, filter.patternType)) {
    return `The pattern filter has resource type ${filter.resourceType} and pattern type ${filter.patternType}; one of them is unknown.`;
  }
  if (!isKnownCode(AclOperation, filter.operation) || !isKnownCode(PermissionType, filter.permissionType)) {
    return `The entry filter has operation ${filter.operation} and permission type ${filter.permissionType}; one of them is unknown.`;
  }
  return null;
}

export function matchesFilter(filter: AclFilter, acl: Acl): boolean {
  return (
    (filter.resourceType === AclResourceType.ANY || filter.resourceType === acl.resourceType) &&
    matchesPattern(filter, acl) &&
    (filter.principal === null || filter.principal === acl.principal) &&
    (filter.host === null || filter.host === acl.host) &&
    (filter.operation === AclOperation.ANY || filter.operation === acl.operation) &&
    (filter.permissionType === PermissionType.ANY || filter.permissionType === acl.permissionType)
  );
}

function matchesPattern({ patternType, resourceName }: AclFilter, acl: Acl): boolean {
  const isOfType = patternType === PatternType.ANY || patternType === acl.patternType;
  if (!isOfType && patternType !== PatternType.MATCH) return false;
  if (resourceName === null) return true;
  if (isOfType) return resourceName === acl.resourceName;
  if (acl.patternType === PatternType.PREFIXED) return resourceName.startsWith(acl.resourceName);
  return resourceName === acl.resourceName || acl.resourceName === WILDCARD;
}
