import { deflateRawSync, gzipSync, gunzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { pureCompression } from './compression.ts';
import { crc32c } from './crc32c.ts';
import { Offset } from './numbers.ts';
import { DecodeError } from './reader.ts';
import {
  type CompressionType,
  decodeControlType,
  decodeControlValue,
  decodeEndTxnMarker,
  decodeRecords,
  encodeBatch,
  encodeEndTxnMarker,
  encodeLeaderChange,
  forEachBatch,
  incrementSequence,
  isBatchValid,
  readBatchHeader,
  rebaseBatch,
} from './records.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const field = fc.option(fc.uint8Array({ maxLength: 300 }));
const record = fc.record({
  key: field,
  value: field,
  headers: fc.array(fc.record({ key: fc.string({ unit: 'binary' }), value: field }), { maxLength: 3 }),
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
});

test('CRC-32C', (t) => {
  t.is(crc32c(utf8('123456789')), 0xe3069283);
  t.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
});

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`batches survive a round trip: ${compression}`, (t) => {
    const property = fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (records) => {
      const batch = encodeBatch(records, {
        baseOffset: 42,
        compression,
        producerId: 7,
        producerEpoch: 1,
        baseSequence: 2 ** 31 - 2,
      });
      if (!isBatchValid(batch)) throw new Error('bad CRC');
      const decoded = decodeRecords(batch);
      t.deepEqual(
        decoded.map(({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp })),
        records.map((r) => ({
          ...r,
          headers: r.headers.map((h) => ({
            key: new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8(h.key)),
            value: h.value,
          })),
        })),
      );
      t.is(decoded.at(-1)?.offset, Offset(41 + records.length));
    });
    fc.assert(property, { numRuns: 30, seed: 3 });
  });
}

test('malformed batches give DecodeError', (t) => {
  const types: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  const property = fc.property(
    fc.constantFrom(...types),
    record,
    fc.nat(),
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
    (compression, r, where, noise) => {
      const batch = encodeBatch([r, r], { compression });
      batch.set(noise.subarray(0, batch.length), where % (batch.length - noise.length));
      try {
        decodeRecords(batch);
        forEachBatch(batch, () => {});
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    },
  );
  fc.assert(property, { numRuns: 1500, seed: 4 });
  t.pass();
});

test('our frames are what other decoders expect, and theirs decode here', (t) => {
  const text = utf8('to be or not to be, '.repeat(9000));
  t.deepEqual(new Uint8Array(gunzipSync(pureCompression.gzip.compress(text))), text);
  t.deepEqual(new Uint8Array(zstdDecompressSync(pureCompression.zstd.compress(text))), text);
  t.deepEqual(pureCompression.gzip.decompress(gzipSync(text), 1e6), text);
  t.deepEqual(pureCompression.zstd.decompress(zstdCompressSync(text), 1e6), text);
  t.true(deflateRawSync(text).length < text.length);
  // A bare snappy block: length 9, literal "abc", copy of 6 bytes from 3 back.
  t.deepEqual(pureCompression.snappy.decompress(Uint8Array.of(9, 8, 97, 98, 99, 9, 3), 100), utf8('abcabcabc'));
  // An lz4 frame with one block: literal "abc", match of 6 bytes from 3 back, literal "x".
  const lz4 = [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 8, 0, 0, 0, 0x32, 97, 98, 99, 3, 0, 0x10, 120, 0, 0, 0, 0];
  t.deepEqual(pureCompression.lz4.decompress(Uint8Array.from(lz4), 100), utf8('abcabcabcx'));
});

test('decompression is bounded', (t) => {
  const zeros = new Uint8Array(1_000_000);
  for (const bomb of [
    ['gzip', gzipSync(zeros)],
    ['zstd', zstdCompressSync(zeros)],
  ] as const) {
    t.throws(() => pureCompression[bomb[0]].decompress(bomb[1], 10_000), { instanceOf: DecodeError });
  }
});

test('rebase sets what lies outside the CRC, and append time', (t) => {
  const batch = encodeBatch([{ key: null, value: utf8('v'), timestamp: 5 }]);
  const rebased = rebaseBatch(batch, 1000, 3);
  t.true(isBatchValid(rebased));
  t.is(readBatchHeader(rebased).crc, readBatchHeader(batch).crc);
  t.like(readBatchHeader(rebased), { baseOffset: 1000, lastOffset: 1000, leaderEpoch: 3, timestampType: 'create' });
  const appended = rebaseBatch(batch, 1000, 3, { type: 'append', maxTimestamp: 77 });
  t.true(isBatchValid(appended));
  t.is(decodeRecords(appended)[0]?.timestamp, 77);
  t.is(readBatchHeader(batch).baseOffset, Offset(0));
});

test('rebase corrects whose clock dated a batch, and the largest timestamp', (t) => {
  const sent = encodeBatch([{ key: null, value: null, timestamp: 5 }], { timestampType: 'append', isTransactional: true });
  const stored = rebaseBatch(sent, 3, 1, { type: 'create', maxTimestamp: 8 });
  t.like(readBatchHeader(stored), { timestampType: 'create', maxTimestamp: 8, baseTimestamp: 5, isTransactional: true });
  t.true(isBatchValid(stored));
});

test('a partial batch at the end is left out; a flipped bit breaks the CRC', (t) => {
  const a = encodeBatch([{ key: null, value: null, timestamp: 5 }]);
  const both = Uint8Array.of(...a, ...rebaseBatch(a, 1, 0).subarray(0, -1));
  const seen: number[] = [];
  forEachBatch(both, (header) => {
    seen.push(header.baseOffset);
  });
  t.deepEqual(seen, [0]);
  a[65] = (a[65] as number) ^ 1;
  t.false(isBatchValid(a));
  t.false(isBatchValid(both, a.length));
});

test('control batches', (t) => {
  const marker = encodeEndTxnMarker({ type: 'COMMIT', producerId: 9, producerEpoch: 2, coordinatorEpoch: 70000, timestamp: 1 });
  t.like(readBatchHeader(marker), { isControl: true, isTransactional: true, producerId: 9, baseSequence: -1 });
  const [commit] = decodeRecords(marker);
  t.is(decodeControlType(commit?.key ?? null), 'COMMIT');
  t.is(decodeEndTxnMarker(commit?.value ?? null).coordinatorEpoch, 70000);
  const change = encodeLeaderChange({ leaderId: 3, voters: [{ voterId: 3 }] }, { baseOffset: 8, leaderEpoch: 4, timestamp: 1 });
  const [leader] = decodeRecords(change);
  t.is(decodeControlType(leader?.key ?? null), 'LEADER_CHANGE');
  t.is(decodeControlValue('LEADER_CHANGE', leader?.value ?? null).leaderId, 3);
});

test('sequence numbers wrap', (t) => {
  t.is(incrementSequence(2 ** 31 - 1, 1), 0);
  t.is(incrementSequence(5, 3), 8);
});
