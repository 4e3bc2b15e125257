/** The client's half of SCRAM: it proves that it knows the password, and wants the same proof of the server. */
import type { Crypto } from '../../../ports/crypto.ts';
import { stringToUtf8, utf8ToString } from '../../protocol/strings.ts';
import { toBase64 } from '../base64.ts';
import { type SaslClient, SaslError } from '../sasl-server.ts';
import { clientProof, saltedPassword } from './keys.ts';
import { SCRAM, type ScramMechanism, type ScramMechanismFacts } from './mechanism.ts';
import { parseServerFinal, parseServerFirst, saslName } from './messages.ts';

type State =
  | { readonly kind: 'begin' }
  | { readonly kind: 'server-first'; readonly clientFirstBare: string }
  | { readonly kind: 'server-final'; readonly serverSignature: Uint8Array }
  | { readonly kind: 'complete' };

const NONCE_BYTES = 18;
/** Base64 of `n,,`: no channel binding, no authorization id. */
const CHANNEL_BINDING = 'biws';

export class ScramClient implements SaslClient {
  readonly mechanism: ScramMechanism;
  readonly #crypto: Crypto;
  readonly #facts: ScramMechanismFacts;
  readonly #username: string;
  readonly #password: string;
  readonly #nonce: string;
  #state: State = { kind: 'begin' };

  /** `nonce` is given by tests only: printable, without commas. */
  constructor(crypto: Crypto, mechanism: ScramMechanism, username: string, password: string, nonce?: string) {
    this.mechanism = mechanism;
    this.#crypto = crypto;
    this.#facts = SCRAM[mechanism];
    this.#username = username;
    this.#password = password;
    this.#nonce = nonce ?? toBase64(crypto.randomBytes(NONCE_BYTES));
  }

  get isComplete(): boolean {
    return this.#state.kind === 'complete';
  }

  evaluate(token: Uint8Array | null): Uint8Array | null {
    const state = this.#state;
    if (state.kind === 'begin') {
      const clientFirstBare = `n=${saslName(this.#username)},r=${this.#nonce}`;
      this.#state = { kind: 'server-first', clientFirstBare };
      return stringToUtf8(`n,,${clientFirstBare}`);
    }
    if (token === null || state.kind === 'complete') throw new SaslError('the SCRAM exchange is out of step', true);
    if (state.kind === 'server-first') return this.#prove(token, state.clientFirstBare);
    const message = parseServerFinal(token);
    if ('error' in message)
      throw new SaslError(`Sasl authentication using ${this.mechanism} failed with error: ${message.error}`, true);
    if (
      message.signature.length !== state.serverSignature.length ||
      !this.#crypto.timingSafeEqual(message.signature, state.serverSignature)
    ) {
      throw new SaslError('Invalid server signature in server final message', true);
    }
    this.#state = { kind: 'complete' };
    return null;
  }

  #prove(token: Uint8Array, clientFirstBare: string): Uint8Array {
    const { nonce, salt, iterations } = parseServerFirst(token);
    if (!nonce.startsWith(this.#nonce)) throw new SaslError('Invalid server nonce: does not start with client nonce', true);
    if (iterations < this.#facts.minIterations) {
      throw new SaslError(
        `Requested iterations ${iterations} is less than the minimum ${this.#facts.minIterations} for ${this.mechanism}`,
        true,
      );
    }
    const withoutProof = `c=${CHANNEL_BINDING},r=${nonce}`;
    // As it came over the wire, so that extensions count on both sides.
    const serverFirst = utf8ToString(token);
    const salted = saltedPassword(this.#crypto, this.#facts, this.#password, salt, iterations);
    const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`;
    const { proof, serverSignature } = clientProof(this.#crypto, this.#facts, salted, authMessage);
    this.#state = { kind: 'server-final', serverSignature };
    return stringToUtf8(`${withoutProof},p=${toBase64(proof)}`);
  }
}
