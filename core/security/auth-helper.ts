/** What the handlers of requests ask about permissions. Without an authorizer everything is allowed, at no cost. */
import { supportedOperations } from './acl.ts';
import type { Authorizer, Requester } from './authorizer.ts';

export class AuthHelper {
  readonly authorizer: Authorizer | null;

  constructor(authorizer: Authorizer | null) {
    this.authorizer = authorizer;
  }

  authorize(requester: Requester, operation: number, resourceType: number, resourceName: string): boolean {
    return this.authorizer === null || this.authorizer.authorize(requester, operation, resourceType, resourceName);
  }

  /** The operations that are allowed with a resource, as a bit for each code (KIP-430). */
  authorizedOperations(requester: Requester, resourceType: number, resourceName: string): number {
    let bits = 0;
    for (const operation of supportedOperations(resourceType)) {
      if (this.authorize(requester, operation, resourceType, resourceName)) bits |= 1 << operation;
    }
    return bits;
  }
}
