/**
 * `node:crypto` and `crypto` of a realm: chance from the run, and nothing that is computed by another thread. What draws chance that
 * can't be given to it (keys, signatures with random padding) stops the run.
 */
import crypto from 'node:crypto';
import type { Realm } from '../realm.ts';

type Callback = (error: Error | null, value?: unknown) => void;

const WITH_CHANCE_OF_THEIR_OWN = [
  ...['generateKey', 'generateKeySync', 'generateKeyPair', 'generateKeyPairSync', 'generatePrime', 'generatePrimeSync'],
  ...['createDiffieHellman', 'createDiffieHellmanGroup', 'getDiffieHellman', 'createECDH', 'diffieHellman', 'encapsulate'],
  ...['sign', 'createSign', 'Sign', 'publicEncrypt', 'privateEncrypt'],
];

/** The module, and the global of that name. */
export function cryptoOf(realm: Realm) {
  const { chance } = realm;
  const fill = <T extends ArrayBufferView | ArrayBuffer>(into: T, offset = 0, size?: number): T => {
    const bytes = ArrayBuffer.isView(into) ? new Uint8Array(into.buffer, into.byteOffset, into.byteLength) : new Uint8Array(into);
    const end = size === undefined ? bytes.length : offset + size;
    for (let at = offset; at < end; at++) bytes[at] = chance.below(256, 'crypto');
    return into;
  };
  const randomBytes = (size: number, callback?: Callback): Buffer | undefined => {
    const bytes = fill(Buffer.alloc(size));
    if (callback === undefined) return bytes;
    realm.soon(() => callback(null, bytes));
    return undefined;
  };
  const randomUUID = (): string => {
    const bytes = fill(Buffer.alloc(16));
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  const randomInt = (...given: unknown[]): number | undefined => {
    const [first, second] = given.filter((one) => typeof one === 'number');
    const [min, max] = second === undefined ? [0, first as number] : [first as number, second];
    const value = min + Math.floor(realm.random() * (max - min));
    const callback = given.at(-1);
    if (typeof callback !== 'function') return value;
    realm.soon(() => (callback as Callback)(null, value));
    return undefined;
  };
  /** What Node computes in another thread is computed here and now, and its answer comes in an event of its own. */
  const slow =
    (sync: (...args: never[]) => unknown) =>
    (...given: unknown[]): void => {
      const callback = given.pop() as Callback;
      realm.answer(() => sync(...(given as never[])), callback);
    };
  const closed = Object.fromEntries(
    WITH_CHANCE_OF_THEIR_OWN.map((name) => [
      name,
      realm.closed('node:crypto', name, "it draws chance that is not the simulation's"),
    ]),
  );
  const webcrypto = webcryptoOf(realm, fill, randomUUID);
  const module = {
    ...crypto,
    ...closed,
    randomBytes,
    pseudoRandomBytes: randomBytes,
    randomUUID,
    randomInt,
    randomFillSync: fill,
    randomFill: (into: Uint8Array, ...given: unknown[]) => {
      const callback = given.pop() as Callback;
      fill(into, ...(given as number[]));
      realm.soon(() => callback(null, into));
    },
    getRandomValues: fill,
    pbkdf2: slow(crypto.pbkdf2Sync),
    scrypt: slow(crypto.scryptSync),
    hkdf: slow(crypto.hkdfSync),
    webcrypto,
    subtle: webcrypto.subtle,
  };
  return { module, webcrypto };
}

const DIGESTS: Readonly<Record<string, string>> = {
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

function webcryptoOf(realm: Realm, getRandomValues: <T extends ArrayBufferView>(into: T) => T, randomUUID: () => string) {
  const digest = (algorithm: string | { readonly name: string }, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> => {
    const name = typeof algorithm === 'string' ? algorithm : algorithm.name;
    const view = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
    return new realm.global.Promise<ArrayBuffer>((resolve, reject) => {
      const compute = (): ArrayBuffer =>
        new Uint8Array(
          crypto
            .createHash(DIGESTS[name.toUpperCase()] ?? name)
            .update(view)
            .digest(),
        ).buffer;
      realm.answer(compute, (error, value) => (error === null ? resolve(value as ArrayBuffer) : reject(error)));
    });
  };
  const subtle = new Proxy(
    { digest },
    {
      get: (target, name) => {
        if (name === 'digest' || typeof name === 'symbol') return Reflect.get(target, name) as unknown;
        return realm.closed('node:crypto', `subtle.${name}`, 'another thread would compute it');
      },
    },
  );
  return { subtle, getRandomValues, randomUUID };
}
