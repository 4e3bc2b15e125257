import test from 'ava';
import { COMPRESSION_TYPES, pureCompression } from '../core/protocol/compression.ts';
import { DecodeError } from '../core/protocol/reader.ts';
import { clientProcess } from './client-environment.ts';

const TEXT = new Uint8Array(100_000).fill(97);

test('a real machine compresses gzip and zstd natively, and what either world wrote the other reads', (t) => {
  const client = clientProcess({ name: 'c', onFailed: () => undefined });
  t.teardown(() => client.end());
  const { compression } = client.environment;
  for (const type of COMPRESSION_TYPES) {
    if (type === 'none') continue;
    const written = compression[type].compress(TEXT);
    if (type === 'gzip' || type === 'zstd') t.true(written.length < 1_000, type);
    t.deepEqual(pureCompression[type].decompress(written, TEXT.length), TEXT);
    t.deepEqual(compression[type].decompress(pureCompression[type].compress(TEXT), TEXT.length), TEXT);
    t.throws(() => compression[type].decompress(written, 10_000), { instanceOf: DecodeError });
  }
});
