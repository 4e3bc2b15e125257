/**
 * What an API asks of whoever sends a request: operations on resources, which it declares by a name, and asks for by that name. So what
 * is declared is what is asked for.
 */
import { ErrorCode } from '../protocol/errors.ts';
import { AclResourceType, CLUSTER_NAME } from './acl.ts';
import type { AuthHelper } from './auth-helper.ts';
import type { Requester } from './authorizer.ts';

/** An operation on a resource that is named when it is asked for. */
export interface NamedPermission {
  readonly kind: 'named';
  readonly resourceType: number;
  readonly operation: number;
}

/** An operation on the cluster. */
export interface ClusterPermission {
  readonly kind: 'cluster';
  readonly resourceType: typeof AclResourceType.CLUSTER;
  readonly operation: number;
}

/** An operation on a resource of a type, whichever it is (KIP-679). */
export interface AnyPermission {
  readonly kind: 'any';
  readonly resourceType: number;
  readonly operation: number;
}

export type Permission = NamedPermission | ClusterPermission | AnyPermission;

/** The permissions of an API, by the names that its handler has for them. */
export type Permissions = Readonly<Record<string, Permission>>;

/** What the sender of one request may do. */
export type Allowed<P extends Permissions> = {
  readonly [K in keyof P]: P[K] extends NamedPermission ? (name: string) => boolean : () => boolean;
};

export function onTopic(operation: number): NamedPermission {
  return { kind: 'named', resourceType: AclResourceType.TOPIC, operation };
}

export function onAnyTopic(operation: number): AnyPermission {
  return { kind: 'any', resourceType: AclResourceType.TOPIC, operation };
}

export function onGroup(operation: number): NamedPermission {
  return { kind: 'named', resourceType: AclResourceType.GROUP, operation };
}

export function onTransactionalId(operation: number): NamedPermission {
  return { kind: 'named', resourceType: AclResourceType.TRANSACTIONAL_ID, operation };
}

export function onCluster(operation: number): ClusterPermission {
  return { kind: 'cluster', resourceType: AclResourceType.CLUSTER, operation };
}

/** Prepares the question once for an API. Without an authorizer everything is allowed, and nothing is made for a request. */
export function allowedBy<P extends Permissions>(auth: AuthHelper, permissions: P): (requester: Requester) => Allowed<P> {
  const entries = Object.entries(permissions);
  const { authorizer } = auth;
  if (authorizer === null) {
    const everything = Object.fromEntries(entries.map(([name]) => [name, () => true])) as Allowed<P>;
    return () => everything;
  }
  return (requester) => {
    const allowed: Record<string, (name?: string) => boolean> = {};
    for (const [key, { kind, operation, resourceType }] of entries) {
      allowed[key] =
        kind === 'any'
          ? () => authorizer.authorizeByResourceType(requester, operation, resourceType)
          : (name = CLUSTER_NAME) => authorizer.authorize(requester, operation, resourceType, name);
    }
    return allowed as Allowed<P>;
  };
}

/** Kafka's answer to a request that lacks a permission on a resource of this type. */
export function refusal(resourceType: number): { readonly errorCode: number; readonly errorMessage: string } {
  switch (resourceType) {
    case AclResourceType.TOPIC:
      return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage: 'Topic authorization failed.' };
    case AclResourceType.GROUP:
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, errorMessage: 'Group authorization failed.' };
    case AclResourceType.TRANSACTIONAL_ID:
      return {
        errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        errorMessage: 'Transactional id authorization failed.',
      };
    default:
      return { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, errorMessage: 'Cluster authorization failed.' };
  }
}
