/** Cryptography of Node. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Crypto } from '../ports/crypto.ts';

const HASH_BYTES = { sha256: 32, sha512: 64 } as const;

export const systemCrypto: Crypto = {
  hash: (algorithm, data) => plain(createHash(algorithm).update(data).digest()),
  hmac: (algorithm, key, data) => plain(createHmac(algorithm, key).update(data).digest()),
  pbkdf2: (algorithm, password, salt, iterations) =>
    plain(pbkdf2Sync(password, salt, iterations, HASH_BYTES[algorithm], algorithm)),
  randomBytes: (count) => plain(randomBytes(count)),
  timingSafeEqual: (a, b) => timingSafeEqual(a, b),
};

/** A copy: small Buffers are parts of a pool that others write to. */
function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}
