/** The authorizer's settings, from a node's configuration. */
import { superUsers } from '../config/authorizer.ts';
import type { BrokerConfig } from '../config/broker.ts';
import type { AuthorizerSettings } from './authorizer.ts';
import { CLUSTER_NODE, formatPrincipal } from './principal.ts';

/** Null: no authorizer is configured. */
export function authorizerSettings(config: BrokerConfig): AuthorizerSettings | null {
  if (config['authorizer.class.name'] === '') return null;
  return {
    superUsers: new Set([formatPrincipal(CLUSTER_NODE), ...superUsers(config)]),
    allowEveryoneIfNoAclFound: config['allow.everyone.if.no.acl.found'],
  };
}
