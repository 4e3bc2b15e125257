/** The arithmetic of SCRAM (RFC 5802, section 3). Passwords are taken as they are, without SASLprep, as in Kafka. */
import type { Crypto } from '../../../ports/crypto.ts';
import { stringToUtf8 } from '../../protocol/strings.ts';
import type { ScramCredential, ScramMechanismFacts } from './mechanism.ts';

const CLIENT_KEY = stringToUtf8('Client Key');
const SERVER_KEY = stringToUtf8('Server Key');
const SALT_BYTES = 16;

export function saltedPassword(
  crypto: Crypto,
  { algorithm }: ScramMechanismFacts,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Uint8Array {
  return crypto.pbkdf2(algorithm, stringToUtf8(password), salt, iterations);
}

/** What a server keeps of a salted password. */
export function credentialOf(
  crypto: Crypto,
  { algorithm }: ScramMechanismFacts,
  salt: Uint8Array,
  salted: Uint8Array,
  iterations: number,
): ScramCredential {
  const clientKey = crypto.hmac(algorithm, salted, CLIENT_KEY);
  const storedKey = crypto.hash(algorithm, clientKey);
  return { salt, storedKey, serverKey: crypto.hmac(algorithm, salted, SERVER_KEY), iterations };
}

/** What a server keeps of a password, with a salt of its own. */
export function newCredential(crypto: Crypto, facts: ScramMechanismFacts, password: string, iterations: number): ScramCredential {
  const salt = crypto.randomBytes(SALT_BYTES);
  return credentialOf(crypto, facts, salt, saltedPassword(crypto, facts, password, salt, iterations), iterations);
}

/** The client's proof that it knows the password, and the signature by which the server must prove the same. */
export function clientProof(
  crypto: Crypto,
  { algorithm }: ScramMechanismFacts,
  salted: Uint8Array,
  authMessage: string,
): { readonly proof: Uint8Array; readonly serverSignature: Uint8Array } {
  const message = stringToUtf8(authMessage);
  const clientKey = crypto.hmac(algorithm, salted, CLIENT_KEY);
  const signature = crypto.hmac(algorithm, crypto.hash(algorithm, clientKey), message);
  const serverSignature = crypto.hmac(algorithm, crypto.hmac(algorithm, salted, SERVER_KEY), message);
  return { proof: xor(clientKey, signature), serverSignature };
}

/** Does the proof come from someone who knows the password of this credential? */
export function isProofValid(
  crypto: Crypto,
  { algorithm }: ScramMechanismFacts,
  credential: ScramCredential,
  authMessage: string,
  proof: Uint8Array,
): boolean {
  const signature = crypto.hmac(algorithm, credential.storedKey, stringToUtf8(authMessage));
  if (proof.length !== signature.length) return false;
  return crypto.timingSafeEqual(crypto.hash(algorithm, xor(signature, proof)), credential.storedKey);
}

export function serverSignature(
  crypto: Crypto,
  { algorithm }: ScramMechanismFacts,
  credential: ScramCredential,
  authMessage: string,
): Uint8Array {
  return crypto.hmac(algorithm, credential.serverKey, stringToUtf8(authMessage));
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, index) => byte ^ (b[index] as number));
}
