/** SASL PLAIN (RFC 4616): `[authzid] NUL username NUL password` in one token. */
import type { Crypto } from '../../ports/crypto.ts';
import { stringToUtf8, utf8ToString } from '../protocol/strings.ts';
import { type SaslClient, SaslError, type SaslServer } from './sasl-server.ts';

const NUL = '\0';
const NOTHING = new Uint8Array(0);

export class PlainServer implements SaslServer {
  authorizationId: string | null = null;
  readonly #crypto: Crypto;
  readonly #passwordOf: (username: string) => string | null;

  constructor(crypto: Crypto, passwordOf: (username: string) => string | null) {
    this.#crypto = crypto;
    this.#passwordOf = passwordOf;
  }

  evaluate(token: Uint8Array): Uint8Array {
    const parts = utf8ToString(token).split(NUL, 4);
    const [authorizationId, username, password] = parts;
    if (parts.length !== 3 || authorizationId === undefined || username === undefined || password === undefined) {
      throw new SaslError(`Invalid SASL/PLAIN response: expected 3 tokens, got ${parts.length}`, true);
    }
    if (username === '') throw new SaslError('Authentication failed: username not specified', true);
    if (password === '') throw new SaslError('Authentication failed: password not specified', true);
    const expected = this.#passwordOf(username);
    if (expected === null || !this.#equal(password, expected)) {
      throw new SaslError('Authentication failed: Invalid username or password', true);
    }
    if (authorizationId !== '' && authorizationId !== username) {
      throw new SaslError('Authentication failed: Client requested an authorization id that is different from username', true);
    }
    this.authorizationId = username;
    return NOTHING;
  }

  /** By way of hashes, which have one length whatever the passwords have. */
  #equal(a: string, b: string): boolean {
    const crypto = this.#crypto;
    return crypto.timingSafeEqual(crypto.hash('sha256', stringToUtf8(a)), crypto.hash('sha256', stringToUtf8(b)));
  }
}

export class PlainClient implements SaslClient {
  readonly mechanism = 'PLAIN';
  isComplete = false;
  readonly #username: string;
  readonly #password: string;
  #sent = false;

  constructor(username: string, password: string) {
    this.#username = username;
    this.#password = password;
  }

  evaluate(): Uint8Array | null {
    if (this.#sent) {
      this.isComplete = true;
      return null;
    }
    this.#sent = true;
    return stringToUtf8(`${NUL}${this.#username}${NUL}${this.#password}`);
  }
}
