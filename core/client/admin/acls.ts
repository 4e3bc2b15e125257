/** Access control entries in words, as Kafka's Admin has them. */
import type { DeleteAclsRequestDeleteAclsFilter } from '../../protocol/messages/delete-acls-request.ts';
import { type Acl, AclOperation, AclResourceType, PatternType, PermissionType } from '../../security/acl.ts';

type Word<T> = Lowercase<Extract<keyof T, string>>;
type Concrete<W> = Exclude<W, 'unknown' | 'any' | 'match'>;

/** Who may, or may not, do what with which resources. */
export interface AclBinding {
  readonly resourceType: Concrete<Word<typeof AclResourceType>>;
  /** `*` as a literal name: every resource of the type. The cluster is called `kafka-cluster`. */
  readonly resourceName: string;
  readonly patternType: Concrete<Word<typeof PatternType>>;
  /** `User:alice`; `User:*` is everyone. */
  readonly principal: string;
  /** An address, or `*`. */
  readonly host: string;
  readonly operation: Concrete<Word<typeof AclOperation>>;
  readonly permissionType: Concrete<Word<typeof PermissionType>>;
}

/** Matches every entry that has what is given here. */
export interface AclBindingFilter extends Partial<Omit<AclBinding, 'patternType'>> {
  /** `match`: all patterns that apply to a resource of that name. */
  readonly patternType?: AclBinding['patternType'] | 'match';
}

type Table = Readonly<Record<string, number>>;

function codeOf(table: Table, word: string | undefined): number {
  return word === undefined ? 1 : (table[word.toUpperCase()] ?? 0);
}

function wordOf<W extends string>(table: Table, code: number): W {
  const found = Object.entries(table).find(([, known]) => known === code);
  return (found?.[0] ?? 'UNKNOWN').toLowerCase() as W;
}

export function toAcl(binding: AclBinding): Acl {
  const { resourceName, principal, host } = binding;
  return {
    resourceType: codeOf(AclResourceType, binding.resourceType),
    resourceName,
    patternType: codeOf(PatternType, binding.patternType),
    principal,
    host,
    operation: codeOf(AclOperation, binding.operation),
    permissionType: codeOf(PermissionType, binding.permissionType),
  };
}

export function toBinding(acl: Acl): AclBinding {
  const { resourceName, principal, host } = acl;
  return {
    resourceType: wordOf(AclResourceType, acl.resourceType),
    resourceName,
    patternType: wordOf(PatternType, acl.patternType),
    principal,
    host,
    operation: wordOf(AclOperation, acl.operation),
    permissionType: wordOf(PermissionType, acl.permissionType),
  };
}

export function toFilter(filter: AclBindingFilter): DeleteAclsRequestDeleteAclsFilter {
  return {
    resourceTypeFilter: codeOf(AclResourceType, filter.resourceType),
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: codeOf(PatternType, filter.patternType),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: codeOf(AclOperation, filter.operation),
    permissionType: codeOf(PermissionType, filter.permissionType),
  };
}
