/** The properties of the authorizer. */
import { boolean, ConfigError, string } from './definition.ts';

/** The one authorizer there is. */
export const STANDARD_AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';

export const AUTHORIZER_KEYS = {
  'authorizer.class.name': string('', 'low', `Who decides what a client may do; empty (everything), or ${STANDARD_AUTHORIZER}.`),
  'super.users': string('', 'low', 'Principals that may do anything, as type:name, separated by semicolons.'),
  'allow.everyone.if.no.acl.found': boolean(false, 'low', 'Is a resource open to all as long as no ACL names it?'),
};

/** The principals of `super.users`; semicolons part them, since names from certificates hold commas. */
export function superUsers(config: { readonly 'super.users': string }): string[] {
  return config['super.users']
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Throws ConfigError if the authorizer's properties cannot be used. */
export function checkAuthorizer(config: { readonly 'authorizer.class.name': string; readonly 'super.users': string }): void {
  const className = config['authorizer.class.name'];
  if (className !== '' && className !== STANDARD_AUTHORIZER) {
    throw new ConfigError(`authorizer.class.name is ${className}, but it must be empty or ${STANDARD_AUTHORIZER}.`);
  }
  const wrong = superUsers(config).find((user) => !user.includes(':'));
  if (wrong === undefined) return;
  throw new ConfigError(`super.users holds ${wrong}, but each must be type:name, like User:admin.`);
}
