/** Cryptography for tests: Node's, with random bytes that anyone can foresee. */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import type { Crypto } from '../../ports/crypto.ts';

const HASH_BYTES = { sha256: 32, sha512: 64 } as const;

export function testCrypto(): Crypto {
  let next = 0;
  return {
    hash: (algorithm, data) => new Uint8Array(createHash(algorithm).update(data).digest()),
    hmac: (algorithm, key, data) => new Uint8Array(createHmac(algorithm, key).update(data).digest()),
    pbkdf2: (algorithm, password, salt, iterations) =>
      new Uint8Array(pbkdf2Sync(password, salt, iterations, HASH_BYTES[algorithm], algorithm)),
    randomBytes: (count) => Uint8Array.from({ length: count }, () => next++ & 0xff),
    timingSafeEqual: (a, b) => timingSafeEqual(a, b),
  };
}
