/** The server's half of SCRAM. */
import type { Crypto } from '../../../ports/crypto.ts';
import { stringToUtf8 } from '../../protocol/strings.ts';
import { toBase64 } from '../base64.ts';
import { SaslError, type SaslServer } from '../sasl-server.ts';
import { isProofValid, serverSignature } from './keys.ts';
import type { ScramCredential, ScramMechanismFacts } from './mechanism.ts';
import { parseClientFinal, parseClientFirst, usernameOf } from './messages.ts';

type State =
  | { readonly kind: 'client-first' }
  | {
      readonly kind: 'client-final';
      readonly username: string;
      readonly credential: ScramCredential;
      readonly clientFirstBare: string;
      readonly serverFirst: string;
      readonly nonce: string;
    }
  | { readonly kind: 'complete'; readonly username: string }
  | { readonly kind: 'failed' };

const NONCE_BYTES = 18;

export class ScramServer implements SaslServer {
  readonly #crypto: Crypto;
  readonly #facts: ScramMechanismFacts;
  readonly #credentialOf: (username: string) => ScramCredential | null;
  readonly #nonce: string;
  #state: State = { kind: 'client-first' };

  /** `nonce` is given by tests only: printable, without commas. */
  constructor(
    crypto: Crypto,
    facts: ScramMechanismFacts,
    credentialOf: (username: string) => ScramCredential | null,
    nonce?: string,
  ) {
    this.#crypto = crypto;
    this.#facts = facts;
    this.#credentialOf = credentialOf;
    this.#nonce = nonce ?? toBase64(crypto.randomBytes(NONCE_BYTES));
  }

  get authorizationId(): string | null {
    return this.#state.kind === 'complete' ? this.#state.username : null;
  }

  evaluate(token: Uint8Array): Uint8Array {
    const state = this.#state;
    this.#state = { kind: 'failed' };
    if (state.kind === 'client-first') return this.#first(token);
    if (state.kind === 'client-final') return this.#final(token, state);
    throw new SaslError('the SCRAM exchange is over', false);
  }

  #first(token: Uint8Array): Uint8Array {
    const message = parseClientFirst(token);
    const username = usernameOf(message.saslName);
    if (message.isToken) throw new SaslError(`Token Authentication failed: Invalid tokenId : ${username}`, false);
    const credential = this.#credentialOf(username);
    if (credential === null) throw new SaslError('Authentication failed: Invalid user credentials', false);
    if (message.authorizationId !== '' && message.authorizationId !== username) {
      throw new SaslError('Authentication failed: Client requested an authorization id that is different from username', true);
    }
    const { minIterations, name } = this.#facts;
    if (credential.iterations < minIterations) {
      throw new SaslError(`Iterations ${credential.iterations} is less than the minimum ${minIterations} for ${name}`, false);
    }
    const nonce = message.nonce + this.#nonce;
    const serverFirst = `r=${nonce},s=${toBase64(credential.salt)},i=${credential.iterations}`;
    this.#state = { kind: 'client-final', username, credential, clientFirstBare: message.bare, serverFirst, nonce };
    return stringToUtf8(serverFirst);
  }

  #final(token: Uint8Array, state: Extract<State, { kind: 'client-final' }>): Uint8Array {
    const { username, credential, clientFirstBare, serverFirst, nonce } = state;
    const message = parseClientFinal(token);
    // Its end is enough, as in Kafka: librdkafka before 2.2 puts its own nonce before it once more. The proof covers what was sent.
    if (!message.nonce.endsWith(nonce)) throw new SaslError('Invalid client nonce in the final client message.', false);
    const authMessage = `${clientFirstBare},${serverFirst},${message.withoutProof}`;
    if (!isProofValid(this.#crypto, this.#facts, credential, authMessage, message.proof)) {
      throw new SaslError('Invalid client credentials', false);
    }
    this.#state = { kind: 'complete', username };
    return stringToUtf8(`v=${toBase64(serverSignature(this.#crypto, this.#facts, credential, authMessage))}`);
  }
}
