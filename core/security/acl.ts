/** Access control entries: who may, or may not, do what with which resources. Numbers are Kafka's codes on the wire. */

export const AclResourceType = {
  UNKNOWN: 0,
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
} as const;

export const PatternType = { UNKNOWN: 0, ANY: 1, MATCH: 2, LITERAL: 3, PREFIXED: 4 } as const;

export const AclOperation = {
  UNKNOWN: 0,
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
} as const;

export const PermissionType = { UNKNOWN: 0, ANY: 1, DENY: 2, ALLOW: 3 } as const;

/** The one name of the cluster resource. */
export const CLUSTER_NAME = 'kafka-cluster';
/** Any name of a resource (of literal patterns), any host. */
export const WILDCARD = '*';
export const WILDCARD_PRINCIPAL = 'User:*';

/** One entry: a permission, on the resources that a pattern names. */
export interface Acl {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  /** `type:name`; `User:*` is everyone. */
  readonly principal: string;
  /** An address, or `*`. */
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

/** By the id that its record has in the metadata log. */
export type Acls = ReadonlyMap<string, Acl>;

export function aclsEqual(a: Acl, b: Acl): boolean {
  return (
    a.resourceType === b.resourceType &&
    a.resourceName === b.resourceName &&
    a.patternType === b.patternType &&
    a.principal === b.principal &&
    a.host === b.host &&
    a.operation === b.operation &&
    a.permissionType === b.permissionType
  );
}

const { READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE } =
  AclOperation;

/** The operations that mean something for a resource of this type: those that `authorizedOperations` tells of (KIP-430). */
export function supportedOperations(resourceType: number): readonly number[] {
  switch (resourceType) {
    case AclResourceType.TOPIC:
      return [READ, WRITE, CREATE, DESCRIBE, DELETE, ALTER, DESCRIBE_CONFIGS, ALTER_CONFIGS];
    case AclResourceType.GROUP:
      return [READ, DESCRIBE, DELETE, DESCRIBE_CONFIGS, ALTER_CONFIGS];
    case AclResourceType.CLUSTER:
      return [CREATE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE, ALTER, DESCRIBE];
    case AclResourceType.TRANSACTIONAL_ID:
      return [DESCRIBE, WRITE];
    default:
      return [];
  }
}

/** Does a code stand for something in one of the tables above? */
export function isKnownCode(table: Readonly<Record<string, number>>, code: number): boolean {
  return code !== 0 && Object.values(table).includes(code);
}
