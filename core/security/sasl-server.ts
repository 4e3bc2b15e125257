/** One side of a SASL exchange, whatever the mechanism. */

/** The mechanisms that are spoken here. */
export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

export function isSaslMechanism(name: string): name is SaslMechanism {
  return (SASL_MECHANISMS as readonly string[]).includes(name);
}

/** The server's half of one exchange. */
export interface SaslServer {
  /** Takes the client's next token and gives the answer. Throws SaslError when the exchange has failed. */
  evaluate(token: Uint8Array): Uint8Array;
  /** Who the client is; null until the exchange is complete. */
  readonly authorizationId: string | null;
}

/** The client's half of one exchange. */
export interface SaslClient {
  readonly mechanism: SaslMechanism;
  /** Takes the server's last token (null: nothing was exchanged yet) and gives the next one; null when there is none to send. Throws SaslError. */
  evaluate(token: Uint8Array | null): Uint8Array | null;
  readonly isComplete: boolean;
}

/** An exchange that failed. */
export class SaslError extends Error {
  override readonly name = 'SaslError';
  /** May the client read the message? Otherwise it could learn from it, for one, which users there are. */
  readonly isPublic: boolean;

  constructor(message: string, isPublic: boolean) {
    super(message);
    this.isPublic = isPublic;
  }
}
