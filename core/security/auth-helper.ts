/** What the handlers of requests ask about permissions. Without an authorizer everything is allowed, at no cost. */
import { AclOperation, AclResourceType, CLUSTER_NAME, supportedOperations } from './acl.ts';
import type { Authorizer, Requester } from './authorizer.ts';

export class AuthHelper {
  readonly authorizer: Authorizer | null;

  constructor(authorizer: Authorizer | null) {
    this.authorizer = authorizer;
  }

  authorize(requester: Requester, operation: number, resourceType: number, resourceName: string): boolean {
    return this.authorizer === null || this.authorizer.authorize(requester, operation, resourceType, resourceName);
  }

  topic(requester: Requester, operation: number, name: string): boolean {
    return this.authorize(requester, operation, AclResourceType.TOPIC, name);
  }

  group(requester: Requester, operation: number, name: string): boolean {
    return this.authorize(requester, operation, AclResourceType.GROUP, name);
  }

  transactionalId(requester: Requester, operation: number, id: string): boolean {
    return this.authorize(requester, operation, AclResourceType.TRANSACTIONAL_ID, id);
  }

  cluster(requester: Requester, operation: number): boolean {
    return this.authorize(requester, operation, AclResourceType.CLUSTER, CLUSTER_NAME);
  }

  /** A producer without transactions writes somewhere, or may write anywhere (KIP-679). */
  idempotentWrite(requester: Requester): boolean {
    return (
      this.cluster(requester, AclOperation.IDEMPOTENT_WRITE) ||
      this.authorizer === null ||
      this.authorizer.authorizeByResourceType(requester, AclOperation.WRITE, AclResourceType.TOPIC)
    );
  }

  /** The operations that are allowed with a resource, as a bit for each code (KIP-430). */
  authorizedOperations(requester: Requester, resourceType: number, resourceName: string): number {
    let bits = 0;
    for (const operation of supportedOperations(resourceType)) {
      if (this.authorize(requester, operation, resourceType, resourceName)) bits |= 1 << operation;
    }
    return bits;
  }

  /** The same of the cluster, for those who may describe it; 0 for others. */
  clusterAuthorizedOperations(requester: Requester): number {
    if (!this.cluster(requester, AclOperation.DESCRIBE)) return 0;
    return this.authorizedOperations(requester, AclResourceType.CLUSTER, CLUSTER_NAME);
  }
}
