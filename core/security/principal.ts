/** Who speaks on a connection. */

/** A kind of identity and its name in it, as `User:alice`. */
export interface KafkaPrincipal {
  readonly type: string;
  readonly name: string;
}

/** Whoever has not said who they are. */
export const ANONYMOUS: KafkaPrincipal = { type: 'User', name: 'ANONYMOUS' };
