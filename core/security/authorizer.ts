/**
 * Kafka's StandardAuthorizer: decides by the entries of the metadata image alone. A matching DENY is stronger than any ALLOW;
 * without either, a resource that any entry names is closed, and one that none names is as `allow.everyone.if.no.acl.found`
 * says.
 */
import { type Acl, AclOperation, type Acls, PatternType, PermissionType, WILDCARD, WILDCARD_PRINCIPAL } from './acl.ts';
import { AclIndex } from './acl-index.ts';
import { hostAddress } from './address.ts';
import { formatPrincipal, type KafkaPrincipal } from './principal.ts';

/** Whose request it is, and where from; every IncomingRequest is one. */
export interface Requester {
  readonly principal: KafkaPrincipal;
  readonly clientHost: string;
}

export interface AuthorizerSettings {
  /** `type:name`; may do anything. */
  readonly superUsers: ReadonlySet<string>;
  readonly allowEveryoneIfNoAclFound: boolean;
}

const IMPLIES_DESCRIBE: ReadonlySet<number> = new Set([
  AclOperation.DESCRIBE,
  AclOperation.READ,
  AclOperation.WRITE,
  AclOperation.DELETE,
  AclOperation.ALTER,
]);

export class Authorizer {
  readonly #settings: AuthorizerSettings;
  readonly #currentAcls: () => Acls | null;
  #acls: Acls | null = null;
  #index = new AclIndex(new Map());

  /** `acls` are those of the newest image; null while none is loaded: only super users may do anything then. */
  constructor(settings: AuthorizerSettings, acls: () => Acls | null) {
    this.#settings = settings;
    this.#currentAcls = acls;
  }

  /** The entries by which it decides now. */
  get acls(): Acls {
    return this.#currentAcls() ?? new Map();
  }

  authorize({ principal, clientHost }: Requester, operation: number, resourceType: number, resourceName: string): boolean {
    const who = formatPrincipal(principal);
    if (this.#settings.superUsers.has(who)) return true;
    const index = this.#currentIndex();
    if (index === null) return false;
    const host = hostAddress(clientHost);
    let isAllowed = false;
    let hasAcls = false;
    const isDenied = index.someOf(resourceType, resourceName, who, (acls) => {
      hasAcls = true;
      for (const acl of acls) {
        if (!isFrom(acl, host) || !covers(acl, operation)) continue;
        if (acl.permissionType === PermissionType.DENY) return true;
        isAllowed = true;
      }
      return false;
    });
    if (isDenied) return false;
    return isAllowed || (!hasAcls && this.#settings.allowEveryoneIfNoAclFound);
  }

  /** Is there any resource of the type with which the operation is allowed (KIP-679)? */
  authorizeByResourceType(requester: Requester, operation: number, resourceType: number): boolean {
    // Super users, and everyone where no entry is found; the name stands for one that nobody would give.
    if (this.authorize(requester, operation, resourceType, 'hardcode')) return true;
    const who = formatPrincipal(requester.principal);
    const host = hostAddress(requester.clientHost);
    const acls = (this.#currentIndex()?.ofType(resourceType) ?? []).filter(
      (acl) => isFor(acl, who, host) && (acl.operation === operation || acl.operation === AclOperation.ALL),
    );
    const denied = acls.filter(({ permissionType }) => permissionType === PermissionType.DENY);
    if (denied.some(isWildcard)) return false;
    const allowed = acls.filter(({ permissionType }) => permissionType === PermissionType.ALLOW);
    return allowed.some((allow) => isWildcard(allow) || !denied.some((deny) => dominates(deny, allow)));
  }

  #currentIndex(): AclIndex | null {
    const acls = this.#currentAcls();
    if (acls === null) return null;
    if (acls !== this.#acls) {
      this.#acls = acls;
      this.#index = new AclIndex(acls);
    }
    return this.#index;
  }
}

function isFrom(acl: Acl, host: string): boolean {
  return acl.host === WILDCARD || acl.host === host;
}

function isFor(acl: Acl, principal: string, host: string): boolean {
  return (acl.principal === principal || acl.principal === WILDCARD_PRINCIPAL) && isFrom(acl, host);
}

/** An ALLOW of some operations implies that the resource may be described; a DENY denies what it says and no more. */
function covers(acl: Acl, operation: number): boolean {
  if (acl.operation === AclOperation.ALL || acl.operation === operation) return true;
  if (acl.permissionType !== PermissionType.ALLOW) return false;
  if (operation === AclOperation.DESCRIBE) return IMPLIES_DESCRIBE.has(acl.operation);
  return operation === AclOperation.DESCRIBE_CONFIGS && acl.operation === AclOperation.ALTER_CONFIGS;
}

function isWildcard(acl: Acl): boolean {
  return acl.patternType === PatternType.LITERAL && acl.resourceName === WILDCARD;
}

/** Does a DENY cover all that an ALLOW allows? */
function dominates(deny: Acl, allow: Acl): boolean {
  if (deny.patternType === PatternType.PREFIXED) return allow.resourceName.startsWith(deny.resourceName);
  return allow.patternType === PatternType.LITERAL && allow.resourceName === deny.resourceName;
}
