/** What a leader writes otherwise than it was sent. */
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { crc32c } from '../protocol/crc32c.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { type BatchHeader, type DecodedRecord, decodeRecords, readBatchHeader } from '../protocol/records.ts';
import type { Log } from './log.ts';
import { batchOf, ok, openLog } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';

const EVERYTHING = { maxBytes: 1 << 30, minOneMessage: true, upperBound: 'log-end' } as const;

/** A batch with bytes of its head changed, and the CRC made right again. */
function altered(batch: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = batch.slice();
  const view = new DataView(copy.buffer);
  change(view);
  view.setUint32(17, crc32c(copy, 21));
  return copy;
}

/** What the log keeps as its last batch. */
function stored(log: Log): { header: BatchHeader; records: readonly DecodedRecord[] } {
  const read = log.read(Offset(log.logEndOffset - 1), EVERYTHING);
  if (typeof read === 'string') throw new Error(read);
  return { header: readBatchHeader(read.records), records: decodeRecords(read.records) };
}

test('a header that dates its records wrongly is corrected, not refused', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env);
  for (const compression of ['none', 'gzip'] as const) {
    // As librdkafka writes it for records without a timestamp.
    const undated = altered(batchOf(env, 2, { compression }, -1), (view) => view.setBigInt64(35, 0n));
    t.is(ok(log.appendAsLeader(undated, LeaderEpoch(3))).maxTimestamp, -1);
    t.like(stored(log).header, { maxTimestamp: -1, baseTimestamp: -1, timestampType: 'create', leaderEpoch: 3 });
    t.deepEqual(
      stored(log).records.map(({ timestamp }) => timestamp),
      [-1, -1],
    );
    const late = altered(batchOf(env, 1, { compression }, env.nowMs), (view) => view.setBigInt64(35, 5n));
    ok(log.appendAsLeader(late, LeaderEpoch(3)));
    t.is(stored(log).header.maxTimestamp, env.nowMs);
    t.is(log.maxTimestampOffset()?.timestamp, env.nowMs);
  }
  // What is right is written as it came: only offsets and epoch lie outside the CRC.
  const right = batchOf(env, 1);
  ok(log.appendAsLeader(right, LeaderEpoch(3)));
  t.is(stored(log).header.crc, readBatchHeader(right).crc);
});

test('a client may not say that the log dated its records where the log does', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env, { 'message.timestamp.type': 'LogAppendTime' });
  t.like(log.appendAsLeader(batchOf(env, 1, { timestampType: 'append' }), LeaderEpoch(0)), {
    error: ErrorCode.INVALID_TIMESTAMP,
  });
  log.config = { ...log.config, 'message.timestamp.type': 'CreateTime' };
  t.like(log.appendAsLeader(batchOf(env, 1, { timestampType: 'append' }, -1), LeaderEpoch(0)), {
    error: ErrorCode.INVALID_TIMESTAMP,
  });
  ok(log.appendAsLeader(batchOf(env, 1, { timestampType: 'append' }), LeaderEpoch(0)));
  t.is(stored(log).header.timestampType, 'create');
});

test('a topic with a compression of its own stores batches in that one, records and producer as they were', (t) => {
  const env = new TestEnvironment();
  for (const [kept, target] of [
    ['gzip', 'gzip'],
    ['zstd', 'zstd'],
    ['none', 'uncompressed'],
  ] as const) {
    const log = openLog(env, { 'compression.type': target }, { directory: `data/${target}-0` });
    for (const [sequence, compression] of (['none', 'gzip', 'lz4'] as const).entries()) {
      const producer = { producerId: 9, producerEpoch: 0, baseSequence: sequence * 2, compression };
      const sent = batchOf(env, 2, producer);
      ok(log.appendAsLeader(sent, LeaderEpoch(4)));
      const { header, records } = stored(log);
      t.like(header, { compression: kept, producerId: 9, baseSequence: sequence * 2, leaderEpoch: 4 });
      t.deepEqual(
        records.map(({ key, value, timestamp, headers }) => ({ key, value, timestamp, headers })),
        decodeRecords(sent).map(({ key, value, timestamp, headers }) => ({ key, value, timestamp, headers })),
      );
      t.deepEqual(
        records.map(({ offset }) => offset),
        [sequence * 2, sequence * 2 + 1],
      );
      t.like(ok(log.appendAsLeader(sent, LeaderEpoch(4))), { duplicateOf: { offset: sequence * 2 } });
    }
  }
});

test('a batch that its new compression makes too large is refused', (t) => {
  const env = new TestEnvironment();
  const packed = batchOf(env, 1, { compression: 'gzip' });
  const size = batchOf(env, 1).length;
  const log = openLog(env, { 'compression.type': 'gzip', 'max.message.bytes': size });
  t.true(packed.length > size);
  t.like(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(0)), { error: ErrorCode.MESSAGE_TOO_LARGE });
  t.is(log.logEndOffset, Offset(0));
});

test('offsets within a compressed batch are made to follow one another; a plain one keeps those it has', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env);
  // The record's length, attributes and timestamp delta come before its offset delta, which was 1 and becomes 0.
  const plain = batchOf(env, 2);
  const second = 61 + 1 + ((plain[61] as number) >> 1);
  const repeated = altered(plain, (view) => view.setUint8(second + 3, 0));
  const body = gzipSync(repeated.subarray(61));
  const packed = new Uint8Array(61 + body.length);
  packed.set(repeated.subarray(0, 61));
  packed.set(body, 61);
  const compressed = altered(packed, (view) => {
    view.setInt32(8, packed.length - 12);
    view.setInt16(21, 1);
  });
  const offsets = (): number[] => stored(log).records.map(({ offset }) => offset);
  ok(log.appendAsLeader(compressed, LeaderEpoch(0)));
  t.deepEqual(offsets(), [0, 1]);
  t.is(stored(log).header.compression, 'gzip');
  ok(log.appendAsLeader(repeated, LeaderEpoch(0)));
  t.deepEqual(offsets(), [2, 2]);
});
