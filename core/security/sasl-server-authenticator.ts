/**
 * The authentication of one connection on the server's side (Kafka's SaslServerAuthenticator).
 *
 *     initial -> [ApiVersions] -> SaslHandshake -> tokens ... -> authenticated
 *
 * After SaslHandshake version 1 tokens come in SaslAuthenticate requests, after version 0 as bare frames. A re-authentication
 * (KIP-368) begins at the handshake, with the same mechanism and for the same principal.
 */
import type { Crypto } from '../../ports/crypto.ts';
import { DecodeError, decodeRequest, decodeRequestHeader, encodeResponse } from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { ApiKey, type ApiVersionsResponse, type RequestTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { PlainServer } from './plain.ts';
import type { KafkaPrincipal } from './principal.ts';
import { isSaslMechanism, SaslError, type SaslMechanism, type SaslServer } from './sasl-server.ts';
import { SCRAM, type ScramCredential, type ScramMechanism } from './scram/mechanism.ts';
import { ScramServer } from './scram/scram-server.ts';

/** What a SASL listener knows. */
export interface SaslListener {
  readonly mechanisms: readonly SaslMechanism[];
  readonly plainPassword: (username: string) => string | null;
  readonly scramCredential: (mechanism: ScramMechanism, username: string) => ScramCredential | null;
  /** How long a session may last before the client must authenticate again; 0: for ever. */
  readonly maxReauthMs: (mechanism: SaslMechanism) => number;
  /** Largest frame before the client is known. */
  readonly maxReceiveBytes: number;
}

/** A request for the versions of a listener, which is answered before the client is known. */
export interface AskedVersions {
  readonly version: number;
  readonly body: RequestTypes['ApiVersions'];
}

export type VersionsAnswer = (asked: AskedVersions) => Draft<ApiVersionsResponse>;

/** What comes of a frame: frames to send back are whole, with their length. */
export type AuthenticationStep =
  | { readonly kind: 'continue'; readonly answer: Uint8Array }
  | {
      readonly kind: 'authenticated';
      readonly answer: Uint8Array;
      readonly principal: KafkaPrincipal;
      readonly mechanism: SaslMechanism;
      /** The session ends after this time; null: never. */
      readonly sessionLifetimeMs: number | null;
    }
  /** `answer` goes out after the delay of failed authentications, and the connection is closed. */
  | { readonly kind: 'failed'; readonly answer: Uint8Array | null; readonly reason: string };

type State =
  | { readonly kind: 'initial' | 'handshake-or-versions' | 'handshake' }
  | { readonly kind: 'wrong-mechanism'; readonly asked: string }
  | { readonly kind: 'tokens'; readonly mechanism: SaslMechanism; readonly exchange: SaslServer; readonly inRequests: boolean }
  | { readonly kind: 'ended' };

type TokenState = Extract<State, { kind: 'tokens' }>;

export interface PreviousAuthentication {
  readonly principal: KafkaPrincipal;
  readonly mechanism: SaslMechanism;
}

export class SaslServerAuthenticator {
  readonly #crypto: Crypto;
  readonly #listener: SaslListener;
  readonly #apiVersions: VersionsAnswer;
  readonly #versionsRange: readonly [min: number, max: number];
  readonly #previous: PreviousAuthentication | null;
  #state: State;

  /** `previous`: of the session that is authenticated again. */
  constructor(
    crypto: Crypto,
    listener: SaslListener,
    apiVersions: { readonly answer: VersionsAnswer; readonly range: readonly [min: number, max: number] },
    previous: PreviousAuthentication | null = null,
  ) {
    this.#crypto = crypto;
    this.#listener = listener;
    this.#apiVersions = apiVersions.answer;
    this.#versionsRange = apiVersions.range;
    this.#previous = previous;
    this.#state = { kind: previous === null ? 'initial' : 'handshake' };
  }

  /** Takes the next frame's payload. */
  handle(payload: Uint8Array): AuthenticationStep {
    const state = this.#state;
    if (payload.length > this.#listener.maxReceiveBytes) return this.#fail('invalid receive size');
    try {
      switch (state.kind) {
        case 'initial':
        case 'handshake-or-versions':
        case 'handshake':
          return this.#handshake(payload, state.kind);
        case 'wrong-mechanism':
          return this.#failOtherMechanism(payload, state.asked);
        case 'tokens':
          return state.inRequests ? this.#tokenInRequest(payload, state) : this.#bareToken(payload, state);
        case 'ended':
          return this.#fail('the authentication has ended');
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return this.#fail(
        state.kind === 'initial' ? 'the first frame is no Kafka request, and GSSAPI is not supported' : error.message,
      );
    }
  }

  // --- the handshake ---

  #handshake(payload: Uint8Array, kind: 'initial' | 'handshake-or-versions' | 'handshake'): AuthenticationStep {
    const { api, version, correlationId } = decodeRequestHeader(payload);
    if (api === 'ApiVersions' && kind !== 'handshake') {
      this.#state = { kind: 'handshake-or-versions' };
      const [min, max] = this.#versionsRange;
      if (version < min || version > max) {
        const errorCode = ErrorCode.UNSUPPORTED_VERSION;
        const apiKeys = [{ apiKey: ApiKey.ApiVersions, minVersion: min, maxVersion: max }];
        return { kind: 'continue', answer: encodeResponse('ApiVersions', 0, correlationId, { errorCode, apiKeys }) };
      }
      const answer = this.#apiVersions({ version, body: decodeRequest(payload).body as RequestTypes['ApiVersions'] });
      // After a request that was refused another may be tried.
      if ((answer.errorCode ?? ErrorCode.NONE) === ErrorCode.NONE) this.#state = { kind: 'handshake' };
      return { kind: 'continue', answer: encodeResponse('ApiVersions', version, correlationId, answer) };
    }
    if (api !== 'SaslHandshake') return this.#fail(`Unexpected Kafka request of type ${api} during SASL handshake.`);
    const { mechanism } = decodeRequest(payload).body as RequestTypes['SaslHandshake'];
    const { mechanisms } = this.#listener;
    if (!isSaslMechanism(mechanism) || !mechanisms.includes(mechanism)) {
      const body = { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms: [...mechanisms] };
      return this.#fail(`Unsupported SASL mechanism ${mechanism}`, encodeResponse('SaslHandshake', version, correlationId, body));
    }
    const body = { errorCode: ErrorCode.NONE, mechanisms: [...mechanisms] };
    const answer = encodeResponse('SaslHandshake', version, correlationId, body);
    if (this.#previous !== null && this.#previous.mechanism !== mechanism) {
      this.#state = { kind: 'wrong-mechanism', asked: mechanism };
    } else {
      this.#state = { kind: 'tokens', mechanism, exchange: this.#exchange(mechanism), inRequests: version >= 1 };
    }
    return { kind: 'continue', answer };
  }

  #failOtherMechanism(payload: Uint8Array, asked: string): AuthenticationStep {
    const message = `SASL mechanism '${asked}' requested by client is not supported for re-authentication of mechanism '${this.#previous?.mechanism}'`;
    const { api, version, correlationId } = decodeRequest(payload);
    return this.#fail(message, api === 'SaslAuthenticate' ? failedAuthenticate(version, correlationId, message) : null);
  }

  #exchange(mechanism: SaslMechanism): SaslServer {
    const { plainPassword, scramCredential } = this.#listener;
    if (mechanism === 'PLAIN') return new PlainServer(this.#crypto, plainPassword);
    return new ScramServer(this.#crypto, SCRAM[mechanism], (username) => scramCredential(mechanism, username));
  }

  // --- the tokens ---

  #bareToken(payload: Uint8Array, state: TokenState): AuthenticationStep {
    let token: Uint8Array;
    try {
      token = this.#evaluate(payload, state);
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      return this.#fail(error.message);
    }
    return this.#advance(state, bareFrame(token), 0);
  }

  #tokenInRequest(payload: Uint8Array, state: TokenState): AuthenticationStep {
    const { api, version, correlationId } = decodeRequestHeader(payload);
    // Kafka answers another request with that API's form of the error; closing says the same to a client so far out of step.
    if (api !== 'SaslAuthenticate') return this.#fail(`Unexpected Kafka request of type ${api} during SASL authentication.`);
    const request = decodeRequest(payload).body as RequestTypes['SaslAuthenticate'];
    let authBytes: Uint8Array;
    try {
      authBytes = this.#evaluate(request.authBytes, state);
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      return this.#fail(error.message, failedAuthenticate(version, correlationId, this.#publicMessage(error, state.mechanism)));
    }
    const sessionLifetimeMs = state.exchange.authorizationId === null ? 0 : this.#listener.maxReauthMs(state.mechanism);
    const body = { errorCode: ErrorCode.NONE, errorMessage: null, authBytes, sessionLifetimeMs };
    return this.#advance(state, encodeResponse('SaslAuthenticate', version, correlationId, body), sessionLifetimeMs);
  }

  /** Gives the exchange the token; who authenticates again must stay who they are. */
  #evaluate(token: Uint8Array, { exchange }: TokenState): Uint8Array {
    const answer = exchange.evaluate(token);
    const { authorizationId } = exchange;
    const before = this.#previous?.principal;
    if (authorizationId !== null && before !== undefined && (before.type !== 'User' || before.name !== authorizationId)) {
      throw new SaslError(
        `Cannot change principals during re-authentication from ${before.type}.${before.name}: User.${authorizationId}`,
        true,
      );
    }
    return answer;
  }

  #advance({ exchange, mechanism }: TokenState, answer: Uint8Array, toldLifetimeMs: number): AuthenticationStep {
    const { authorizationId } = exchange;
    if (authorizationId === null) return { kind: 'continue', answer };
    this.#state = { kind: 'ended' };
    const lifetimeMs = toldLifetimeMs > 0 ? toldLifetimeMs : this.#listener.maxReauthMs(mechanism);
    const sessionLifetimeMs = lifetimeMs > 0 ? lifetimeMs : null;
    return { kind: 'authenticated', answer, principal: { type: 'User', name: authorizationId }, mechanism, sessionLifetimeMs };
  }

  /** What went wrong inside of an exchange may say too much, such as whether a user exists. */
  #publicMessage(error: SaslError, mechanism: SaslMechanism): string {
    if (error.isPublic) return error.message;
    const what = this.#previous === null ? 'authentication' : 're-authentication';
    return `Authentication failed during ${what} due to invalid credentials with SASL mechanism ${mechanism}`;
  }

  #fail(reason: string, answer: Uint8Array | null = null): AuthenticationStep {
    this.#state = { kind: 'ended' };
    return { kind: 'failed', answer, reason };
  }
}

function failedAuthenticate(version: number, correlationId: number, errorMessage: string): Uint8Array {
  const errorCode = ErrorCode.SASL_AUTHENTICATION_FAILED;
  const authBytes = new Uint8Array(0);
  return encodeResponse('SaslAuthenticate', version, correlationId, { errorCode, errorMessage, authBytes, sessionLifetimeMs: 0 });
}

function bareFrame(token: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + token.length);
  new DataView(frame.buffer).setInt32(0, token.length);
  frame.set(token, 4);
  return frame;
}
