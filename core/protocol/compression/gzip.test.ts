/** Gzip as other implementations write it, in one step and in many, and what is no gzip. */
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { DecodeError } from '../reader.ts';
import { gzipCodec } from './gzip.ts';

const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * i * 2_654_435_761) >>> 13);

test('what zlib writes and what the codec writes is read, at once and in steps', (t) => {
  for (const length of [0, 1, 15, 16, 17, 4_000, 5_000, 200_000]) {
    const plain = noise(length);
    t.deepEqual(new Uint8Array(gzipCodec.decompress(gzipSync(plain), length)), plain, `zlib, ${length}`);
    t.deepEqual(new Uint8Array(gzipCodec.decompress(gzipCodec.compress(plain), length)), plain, `own, ${length}`);
  }
});

test('more than the limit, a cut, a changed byte and another checksum are refused', (t) => {
  for (const length of [1_000, 100_000]) {
    const packed = new Uint8Array(gzipSync(noise(length)));
    const refused = (bytes: Uint8Array, maxBytes = length): void =>
      void t.throws(() => gzipCodec.decompress(bytes, maxBytes), { instanceOf: DecodeError }, `${length}`);
    refused(packed, length - 1);
    refused(packed.slice(0, packed.length >> 1));
    const changed = packed.slice();
    changed[packed.length - 1] = (changed[packed.length - 1] as number) ^ 1;
    refused(changed);
    const other = packed.slice();
    other[packed.length - 8] = (other[packed.length - 8] as number) ^ 1;
    refused(other);
  }
  t.throws(() => gzipCodec.decompress(new Uint8Array(gzipSync(new Uint8Array(3_000_000))), 1_000), { instanceOf: DecodeError });
});
