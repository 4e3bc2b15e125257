/** Who speaks on a connection. */

/** A kind of identity and its name in it, as `User:alice`. */
export interface KafkaPrincipal {
  readonly type: string;
  readonly name: string;
}

/** Whoever has not said who they are. */
export const ANONYMOUS: KafkaPrincipal = { type: 'User', name: 'ANONYMOUS' };

/**
 * A node of the cluster, on a listener that nobody else can reach: it may do anything. No client is of this type, whatever it
 * authenticates with.
 */
export const CLUSTER_NODE: KafkaPrincipal = { type: 'Node', name: 'internal' };

/** `User:alice`, as ACLs and `super.users` name it. */
export function formatPrincipal({ type, name }: KafkaPrincipal): string {
  return `${type}:${name}`;
}

/** The opposite; null if the text is not `type:name`. A name may hold colons. */
export function parsePrincipal(text: string): KafkaPrincipal | null {
  const colon = text.indexOf(':');
  return colon < 0 ? null : { type: text.slice(0, colon), name: text.slice(colon + 1) };
}
