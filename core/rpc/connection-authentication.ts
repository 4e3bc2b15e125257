/** Who is at the other end of a server's connection: decides for each frame whether it may reach the handlers (KIP-152, KIP-368). */
import type { ClientEnvironment } from '../environment.ts';
import type { Connection, TlsServerSettings } from '../../ports/network.ts';
import { InvariantViolation } from '../../ports/invariant.ts';
import { DecodeError, decodeRequestHeader } from '../protocol/codec.ts';
import { ANONYMOUS, type KafkaPrincipal } from '../security/principal.ts';
import type { PrincipalMapper } from '../security/principal-mapping.ts';
import type { SecurityProtocol } from '../security/protocols.ts';
import {
  type PreviousAuthentication,
  type SaslListener,
  SaslServerAuthenticator,
  type VersionsAnswer,
} from '../security/sasl-server-authenticator.ts';

/** How a server's connections are secured. */
export interface ServerSecurity {
  readonly protocol: SecurityProtocol;
  readonly tls: TlsServerSettings | null;
  readonly sasl: SaslListener | null;
  /** Of the certificates of clients. */
  readonly mapPrincipal: PrincipalMapper;
  readonly failedAuthenticationDelayMs: number;
  /** The answer to ApiVersions, which is allowed before the client is known. */
  readonly apiVersions: VersionsAnswer;
}

/** What becomes of a frame. */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'answered'; readonly frame: Uint8Array }
  /** The connection ends after `delayMs`, with this last answer if there is one. */
  | { readonly kind: 'refused'; readonly frame: Uint8Array | null; readonly delayMs: number };

const ADMITTED: Admission = { kind: 'admitted' };
/** A client may authenticate again once in this time. */
const MIN_REAUTH_INTERVAL_MS = 1_000;

interface Session extends PreviousAuthentication {
  /** Monotonic time; null: never. */
  readonly expiresAtMs: number | null;
}

export class ConnectionAuthentication {
  readonly #env: ClientEnvironment;
  readonly #security: ServerSecurity;
  readonly #versionsRange: readonly [min: number, max: number];
  readonly #connectionId: string;
  #principal: KafkaPrincipal = ANONYMOUS;
  #authenticator: SaslServerAuthenticator | null = null;
  #session: Session | null = null;
  #lastReauthMs: number | null = null;

  constructor(
    env: ClientEnvironment,
    security: ServerSecurity,
    versionsRange: readonly [min: number, max: number],
    connectionId: string,
  ) {
    this.#env = env;
    this.#security = security;
    this.#versionsRange = versionsRange;
    this.#connectionId = connectionId;
    if (security.sasl !== null) this.#authenticator = this.#begin(security.sasl, null);
  }

  get principal(): KafkaPrincipal {
    return this.#principal;
  }

  /** Has the client said who it is, as far as it must? */
  get isKnown(): boolean {
    return this.#authenticator === null;
  }

  /** The connection is open. False: nobody may be what its certificate says. */
  open(connection: Connection): boolean {
    if (this.#security.protocol !== 'SSL' || connection.peerSubject === undefined) return true;
    const name = this.#security.mapPrincipal(connection.peerSubject);
    if (name === null) {
      this.#tellFailure(`no rule of ssl.principal.mapping.rules applies to ${connection.peerSubject}`);
      return false;
    }
    this.#principal = { type: 'User', name };
    this.#tellSuccess('SSL');
    return true;
  }

  admit(payload: Uint8Array): Admission {
    if (this.#authenticator !== null) return this.#authenticate(this.#authenticator, payload);
    const session = this.#session;
    if (session === null || session.expiresAtMs === null) return ADMITTED;
    const nowMs = this.#env.clock.monotonicMs();
    if (this.#security.sasl !== null && isHandshake(payload) && this.#mayReauthenticate(nowMs)) {
      this.#lastReauthMs = nowMs;
      this.#authenticator = this.#begin(this.#security.sasl, session);
      return this.#authenticate(this.#authenticator, payload);
    }
    if (nowMs < session.expiresAtMs) return ADMITTED;
    this.#tellFailure('the session has expired');
    return { kind: 'refused', frame: null, delayMs: 0 };
  }

  #begin(sasl: SaslListener, previous: PreviousAuthentication | null): SaslServerAuthenticator {
    const { crypto } = this.#env;
    if (crypto === undefined) throw new InvariantViolation('a SASL listener without cryptography');
    const apiVersions = { answer: this.#security.apiVersions, range: this.#versionsRange };
    return new SaslServerAuthenticator(crypto, sasl, apiVersions, previous);
  }

  #authenticate(authenticator: SaslServerAuthenticator, payload: Uint8Array): Admission {
    const step = authenticator.handle(payload);
    switch (step.kind) {
      case 'continue':
        return { kind: 'answered', frame: step.answer };
      case 'authenticated': {
        const { principal, mechanism, sessionLifetimeMs } = step;
        const expiresAtMs = sessionLifetimeMs === null ? null : this.#env.clock.monotonicMs() + sessionLifetimeMs;
        this.#authenticator = null;
        this.#principal = principal;
        this.#session = { principal, mechanism, expiresAtMs };
        this.#tellSuccess(mechanism);
        return { kind: 'answered', frame: step.answer };
      }
      case 'failed':
        this.#tellFailure(step.reason);
        return { kind: 'refused', frame: step.answer, delayMs: this.#security.failedAuthenticationDelayMs };
    }
  }

  #mayReauthenticate(nowMs: number): boolean {
    return this.#lastReauthMs === null || nowMs - this.#lastReauthMs >= MIN_REAUTH_INTERVAL_MS;
  }

  #tellSuccess(by: string): void {
    const { type, name } = this.#principal;
    const connection = this.#connectionId;
    this.#env.tracer.emit({ type: 'connection-authenticated', connection, principal: `${type}:${name}`, by });
  }

  #tellFailure(reason: string): void {
    this.#env.tracer.emit({ type: 'authentication-failed', connection: this.#connectionId, reason });
  }
}

function isHandshake(payload: Uint8Array): boolean {
  try {
    return decodeRequestHeader(payload).api === 'SaslHandshake';
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return false;
  }
}
