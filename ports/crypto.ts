/** Cryptography, as a platform provides it. */

export type HashAlgorithm = 'sha256' | 'sha512';

/** Cryptography, for SASL. */
export interface Crypto {
  hash(algorithm: HashAlgorithm, data: Uint8Array): Uint8Array;
  hmac(algorithm: HashAlgorithm, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** PBKDF2 with HMAC (RFC 5802's Hi); as many bytes as the hash has. */
  pbkdf2(algorithm: HashAlgorithm, password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array;
  /** Unpredictable bytes; nothing of a simulation's `Random`. */
  randomBytes(count: number): Uint8Array;
  /** Are they equal? Takes as long wherever they differ. */
  timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
}
