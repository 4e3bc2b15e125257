/**
 * The client's side of an authentication on one connection (KIP-43, KIP-152): SaslHandshake, then SaslAuthenticate until both
 * sides are content. Tokens go in SaslAuthenticate requests, which every broker since Kafka 1.0 knows.
 */
import { ErrorCode, errorName } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { type SaslClient, SaslError } from '../security/sasl-server.ts';

/** What to do next. */
export type HandshakeStep =
  | { readonly kind: 'send'; readonly api: 'SaslHandshake'; readonly body: RequestTypes['SaslHandshake'] }
  | { readonly kind: 'send'; readonly api: 'SaslAuthenticate'; readonly body: RequestTypes['SaslAuthenticate'] }
  /** The server ends the session after this time unless the client authenticates again; 0: never. */
  | { readonly kind: 'done'; readonly sessionLifetimeMs: number }
  | { readonly kind: 'failed'; readonly message: string };

export class SaslHandshake {
  readonly #exchange: SaslClient;

  constructor(exchange: SaslClient) {
    this.#exchange = exchange;
  }

  begin(): HandshakeStep {
    return { kind: 'send', api: 'SaslHandshake', body: { mechanism: this.#exchange.mechanism } };
  }

  onHandshake({ errorCode, mechanisms }: ResponseTypes['SaslHandshake']): HandshakeStep {
    const { mechanism } = this.#exchange;
    if (errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM) {
      return failed(
        `Client SASL mechanism '${mechanism}' not enabled in the server, enabled mechanisms are ${mechanisms.join(', ')}`,
      );
    }
    if (errorCode === ErrorCode.ILLEGAL_SASL_STATE) {
      return failed('Unexpected handshake request with client mechanism, the listener does not use SASL');
    }
    if (errorCode !== ErrorCode.NONE) return failed(`The SASL handshake failed with ${errorName(errorCode)}`);
    return this.#next(null, 0);
  }

  onAuthenticate({ errorCode, errorMessage, authBytes, sessionLifetimeMs }: ResponseTypes['SaslAuthenticate']): HandshakeStep {
    if (errorCode !== ErrorCode.NONE) return failed(errorMessage ?? errorName(errorCode));
    return this.#next(authBytes, sessionLifetimeMs);
  }

  #next(token: Uint8Array | null, sessionLifetimeMs: number): HandshakeStep {
    try {
      const authBytes = this.#exchange.evaluate(token);
      if (authBytes !== null) return { kind: 'send', api: 'SaslAuthenticate', body: { authBytes } };
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      return failed(error.message);
    }
    return this.#exchange.isComplete ? { kind: 'done', sessionLifetimeMs } : failed('The SASL exchange ended too early');
  }
}

function failed(message: string): HandshakeStep {
  return { kind: 'failed', message };
}
