/** The authorizer's configuration. */
import type { AuthorizerSettings } from './Authorizer.ts';
import { CLUSTER_NODE, formatPrincipal, parsePrincipal } from './principal.ts';

/** The one authorizer there is. */
export const STANDARD_AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';

/** `super.users`: principals, separated by semicolons, since names from certificates hold commas. */
export function parseSuperUsers(text: string): string[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** What is wrong with the properties, as a sentence; null if nothing is. */
export function authorizerProblem(className: string, superUsers: string): string | null {
  if (className !== '' && className !== STANDARD_AUTHORIZER) {
    return `authorizer.class.name is ${className}, but it must be empty or ${STANDARD_AUTHORIZER}.`;
  }
  const wrong = parseSuperUsers(superUsers).find((user) => parsePrincipal(user) === null);
  if (wrong !== undefined) return `super.users holds ${wrong}, but each must be type:name, like User:admin.`;
  return null;
}

/** Null: no authorizer is configured. */
export function authorizerSettings(config: {
  readonly 'authorizer.class.name': string;
  readonly 'super.users': string;
  readonly 'allow.everyone.if.no.acl.found': boolean;
}): AuthorizerSettings | null {
  if (config['authorizer.class.name'] === '') return null;
  return {
    superUsers: new Set([formatPrincipal(CLUSTER_NODE), ...parseSuperUsers(config['super.users'])]),
    allowEveryoneIfNoAclFound: config['allow.everyone.if.no.acl.found'],
  };
}
