import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { decodeRecords, encodeBatch, forEachBatch } from '../protocol/records.ts';
import { isAppendError, type Log, LogOffsetError, StorageError } from './log.ts';
import { batchOf, ok, openLog } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';

const EVERYTHING = { maxBytes: 1 << 30, minOneMessage: true, upperBound: 'log-end' } as const;

function offsetsOf(log: Log): string[] {
  const found: string[] = [];
  let at = log.logStartOffset;
  while (at < log.logEndOffset) {
    const read = log.read(at, EVERYTHING);
    if (read === 'out-of-range' || read.endOffset === at) break;
    forEachBatch(read.records, (header) => void found.push(`${header.baseOffset}-${header.lastOffset}@${header.leaderEpoch}`));
    at = read.endOffset;
  }
  return found;
}

test('a leader gives offsets and its epoch, a follower takes the bytes as they are', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env);
  t.like(ok(log.appendAsLeader(batchOf(env, 3), LeaderEpoch(5))), {
    firstOffset: 0,
    lastOffset: 2,
    leaderEpoch: 5,
    recordCount: 3,
  });
  ok(log.appendAsLeader(batchOf(env, 2), LeaderEpoch(6)));
  t.deepEqual(offsetsOf(log), ['0-2@5', '3-4@6']);
  t.deepEqual(log.epochEntries(), [
    { epoch: 5, startOffset: 0 },
    { epoch: 6, startOffset: 3 },
  ]);

  const other = new TestEnvironment();
  const follower = openLog(other);
  const read = log.read(Offset(0), EVERYTHING);
  if (read === 'out-of-range') return t.fail();
  ok(follower.appendAsFollower(read.records));
  t.deepEqual(offsetsOf(follower), offsetsOf(log));
  t.deepEqual(follower.epochEntries(), log.epochEntries());
  t.like(follower.appendAsFollower(read.records), { error: ErrorCode.OFFSET_OUT_OF_RANGE });
});

test('refused appends leave the log as it was', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env, { 'max.message.bytes': 200, 'segment.bytes': 1000 });
  const refused = (bytes: Uint8Array, error: number): void => {
    t.like(log.appendAsLeader(bytes, LeaderEpoch(0)), { error });
  };
  const bad = batchOf(env, 1);
  bad[bad.length - 1] = (bad[bad.length - 1] as number) ^ 1;
  refused(bad, ErrorCode.CORRUPT_MESSAGE);
  refused(batchOf(env, 1).subarray(0, 40), ErrorCode.CORRUPT_MESSAGE);
  refused(new Uint8Array(0), ErrorCode.INVALID_RECORD);
  refused(batchOf(env, 100), ErrorCode.MESSAGE_TOO_LARGE);
  refused(batchOf(env, 1, { baseOffset: 7 }), ErrorCode.INVALID_RECORD);
  refused(batchOf(env, 1, {}, env.nowMs + 2 * 3600_000), ErrorCode.INVALID_TIMESTAMP);
  const two = new Uint8Array([...batchOf(env, 1), ...batchOf(env, 1)]);
  refused(two, ErrorCode.INVALID_RECORD);
  t.is(log.logEndOffset, Offset(0));
  log.config = { ...log.config, 'segment.bytes': 10, 'max.message.bytes': 10_000 };
  refused(batchOf(env, 1), ErrorCode.RECORD_LIST_TOO_LARGE);
  log.config = { ...log.config, 'segment.bytes': 1000, 'cleanup.policy': ['compact'] };
  refused(batchOf(env, 1), ErrorCode.INVALID_RECORD);
});

test('LogAppendTime stamps the batch', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env, { 'message.timestamp.type': 'LogAppendTime' });
  t.like(ok(log.appendAsLeader(batchOf(env, 2, {}, 5), LeaderEpoch(0))), { logAppendTimeMs: env.nowMs, maxTimestamp: env.nowMs });
});

test('reads respect bounds, sizes and the first-batch rule', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env, { 'segment.bytes': 300 });
  for (let i = 0; i < 10; i++) ok(log.appendAsLeader(batchOf(env, 2), LeaderEpoch(0)));
  t.true(log.segmentCount > 1);
  t.is(log.read(Offset(21), EVERYTHING), 'out-of-range');
  t.like(log.read(Offset(20), EVERYTHING), { endOffset: 20 });
  t.like(log.read(Offset(0), { ...EVERYTHING, upperBound: 'high-watermark' }), { endOffset: 0 });
  log.updateHighWatermark(Offset(4));
  t.like(log.read(Offset(0), { ...EVERYTHING, upperBound: 'high-watermark' }), { endOffset: 4, highWatermark: 4 });
  t.like(log.read(Offset(1), { ...EVERYTHING, maxBytes: 1 }), { endOffset: 2 });
  t.like(log.read(Offset(1), { ...EVERYTHING, maxBytes: 1, minOneMessage: false }), { endOffset: 1 });
  t.is(offsetsOf(log).length, 10);
  t.is(log.updateHighWatermark(Offset(99)), Offset(20));
});

test('idempotence: duplicates in the window of five, gaps, epochs, wrap-around', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env);
  const send = (baseSequence: number, count: number, producerEpoch = 0) =>
    log.appendAsLeader(batchOf(env, count, { producerId: 9, producerEpoch, baseSequence }), LeaderEpoch(0));
  for (let i = 0; i < 6; i++) ok(send(i * 2, 2));
  t.like(ok(send(2, 2)), { firstOffset: 2, duplicateOf: { offset: 2, lastOffset: 3 } });
  t.like(send(0, 2), { error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
  t.like(send(13, 1), { error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
  t.like(send(5, 1, 1), { error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
  ok(send(0, 1, 1));
  t.like(send(12, 1, 0), { error: ErrorCode.INVALID_PRODUCER_EPOCH });
  t.is(env.eventsOf('duplicate-batch').length, 1);
  t.is(env.eventsOf('sequence-rejected').length, 4);

  const wrap = (baseSequence: number, count: number) =>
    log.appendAsLeader(batchOf(env, count, { producerId: 10, producerEpoch: 0, baseSequence }), LeaderEpoch(0));
  ok(wrap(2 ** 31 - 2, 2));
  ok(wrap(0, 1));
  const again = ok(wrap(2 ** 31 - 2, 2));
  t.truthy(again.duplicateOf);
});

test('a record of a compressed batch is at most max.decompressed.message.bytes long, and of a plain one of any length (Kafka 4.4)', (t) => {
  const env = new TestEnvironment();
  const sized = (bytes: number, compression: 'none' | 'gzip'): Uint8Array =>
    encodeBatch([{ key: null, value: new Uint8Array(bytes), timestamp: env.nowMs }], { compression });
  for (const type of ['producer', 'gzip', 'uncompressed'] as const) {
    const log = openLog(
      env,
      { 'max.decompressed.message.bytes': 100, 'compression.type': type },
      { directory: `data/${type}-0` },
    );
    // Seven bytes of a record are not its value.
    ok(log.appendAsLeader(sized(93, 'gzip'), LeaderEpoch(0)));
    t.like(log.appendAsLeader(sized(94, 'gzip'), LeaderEpoch(0)), { error: ErrorCode.INVALID_RECORD });
    ok(log.appendAsLeader(sized(200, 'none'), LeaderEpoch(0)));
    // What others took is taken over.
    const read = log.read(Offset(1), EVERYTHING);
    t.true(read !== 'out-of-range' && decodeRecords(read.records)[0]?.value?.length === 200);
  }
});

test('truncation takes epochs, producer state and the high watermark along', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env, { 'segment.bytes': 300 });
  for (let i = 0; i < 8; i++) {
    ok(log.appendAsLeader(batchOf(env, 2, { producerId: 1, producerEpoch: 0, baseSequence: i * 2 }), LeaderEpoch(i < 4 ? 1 : 2)));
  }
  log.updateHighWatermark(Offset(16));
  t.false(log.truncateTo(Offset(16), 'test'));
  t.true(log.truncateTo(Offset(6), 'test'));
  t.is(log.logEndOffset, Offset(6));
  t.is(log.highWatermark, Offset(6));
  t.deepEqual(log.epochEntries(), [{ epoch: 1, startOffset: 0 }]);
  const retry = ok(log.appendAsLeader(batchOf(env, 2, { producerId: 1, producerEpoch: 0, baseSequence: 6 }), LeaderEpoch(3)));
  t.is(retry.duplicateOf, undefined);
  t.is(retry.firstOffset, Offset(6));

  log.assignEpochStart(LeaderEpoch(7), log.logEndOffset);
  t.false(log.truncateTo(log.logEndOffset, 'test'));
  t.is(log.latestEpoch, LeaderEpoch(3));
  t.like(env.eventsOf('empty-epochs-dropped'), { 0: { logEndOffset: 8, latestEpoch: 3 }, length: 1 });

  log.truncateFullyAndStartAt(Offset(50), 'test');
  t.like(log, { logStartOffset: 50, logEndOffset: 50, highWatermark: 50, latestEpoch: null });
  ok(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(8)));
  t.deepEqual(offsetsOf(log), ['50-50@8']);
});

test('timestamps are found', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env, { 'segment.bytes': 200, 'index.interval.bytes': 1 });
  const start = env.nowMs - 10_000;
  for (const delta of [10, 30, 20, 40, 25]) ok(log.appendAsLeader(batchOf(env, 1, {}, start + delta), LeaderEpoch(0)));
  t.like(log.offsetForTimestamp(start + 15), { offset: 1, timestamp: start + 30 });
  t.like(log.offsetForTimestamp(start + 31), { offset: 3 });
  t.is(log.offsetForTimestamp(start + 41), null);
  t.like(log.maxTimestampOffset(), { offset: 3, timestamp: start + 40 });
});

test('retention removes whole segments below the high watermark, by size, time and log start', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env, { 'segment.bytes': 200, 'retention.ms': 1000, 'retention.bytes': 400 });
  for (let i = 0; i < 12; i++) ok(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(0)));
  const waits = () => env.eventsOf('mark').filter(({ name }) => name === 'log/retention-waited-for-the-high-watermark').length;
  t.is(log.deleteOldSegments(), 0);
  t.is(waits(), 1);
  log.updateHighWatermark(Offset(12));
  t.true(log.deleteOldSegments() > 0);
  t.is(waits(), 1);
  t.true(log.sizeInBytes <= 600);
  t.is(log.logStartOffset, Offset(env.eventsOf('segment-deleted').at(-1)?.endOffset ?? -1));
  env.advance(5000);
  log.deleteOldSegments();
  t.is(log.logStartOffset, Offset(12));
  t.is(log.logEndOffset, Offset(12));
  t.is(log.latestEpoch, LeaderEpoch(0));
  t.throws(() => log.maybeIncrementLogStartOffset(Offset(13), 'delete-records'), { instanceOf: LogOffsetError });
  env.advance(120_000);
  t.false(env.disk.list('data/orders-0').some((name) => name.endsWith('.deleted')));
});

test('with flush.messages=1 an append counts when it is durable', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env, { 'flush.messages': 1 });
  env.advance(0);
  let told = 0;
  log.onVisibleEndAdvanced = () => void told++;
  ok(log.appendAsLeader(batchOf(env, 2), LeaderEpoch(0)));
  t.like(log, { logEndOffset: 2, visibleEndOffset: 0, flushedEndOffset: 0 });
  ok(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(0)));
  t.like(log.read(Offset(0), EVERYTHING), { endOffset: 0 });
  env.advance(0);
  t.like(log, { visibleEndOffset: 3, flushedEndOffset: 3 });
  t.true(told >= 1);
  let flushed = false;
  log.flush(Offset(3), (error) => {
    flushed = error === null;
  });
  t.false(flushed);
  env.advance(1);
  t.true(flushed);
});

test('a flush that was overtaken by a truncation does not claim what was written after it', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env);
  for (let i = 0; i < 4; i++) ok(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(0)));
  log.flush(Offset(4), () => {});
  log.truncateTo(Offset(2), 'test');
  ok(log.appendAsLeader(batchOf(env, 2), LeaderEpoch(1)));
  t.true(log.recoveryPoint <= 2);
  env.advance(0);
  t.is(log.recoveryPoint, Offset(4));
});

test('a snapshot keeps the last batch of a producer alone: repetitions of others are out of order then, and the trace tells why', (t) => {
  const env = new TestEnvironment();
  const batch = (baseSequence: number): Uint8Array => batchOf(env, 1, { producerId: 7, producerEpoch: 0, baseSequence });
  const log = openLog(env);
  for (let sequence = 0; sequence < 3; sequence++) ok(log.appendAsLeader(batch(sequence), LeaderEpoch(0)));
  t.like(ok(log.appendAsLeader(batch(1), LeaderEpoch(0))), { duplicateOf: { offset: 1 } });
  log.takeProducerSnapshot();
  log.close();
  const again = openLog(env, {}, { hadCleanShutdown: true });
  t.like(env.eventsOf('producer-state-rebuilt').at(-1), { snapshotOffset: 3, from: 3, upTo: 3 });
  t.like(ok(again.appendAsLeader(batch(2), LeaderEpoch(0))), { duplicateOf: { offset: 2 } });
  t.like(again.appendAsLeader(batch(1), LeaderEpoch(0)), { error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
  again.close();
  const fromBatches = openLog(env);
  t.like(env.eventsOf('producer-state-rebuilt').at(-1), { snapshotOffset: null, from: 0, upTo: 3 });
  t.like(ok(fromBatches.appendAsLeader(batch(1), LeaderEpoch(0))), { duplicateOf: { offset: 1 } });
  fromBatches.truncateFullyAndStartAt(Offset(2), 'test');
  t.like(env.eventsOf('producer-state-rebuilt').at(-1), { snapshotOffset: null, from: 2, upTo: 2 });
  ok(fromBatches.appendAsLeader(batch(2), LeaderEpoch(0)));
  t.like(fromBatches.appendAsLeader(batch(1), LeaderEpoch(0)), { error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
});

test('a disk error takes the log offline, once', (t) => {
  const env = new TestEnvironment();
  const failures: string[] = [];
  const log = openLog(env, {}, { onStorageFailure: (error) => void failures.push(error.code) });
  ok(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(0)));
  env.medium.failDirectory('data');
  t.like(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(0)), { error: ErrorCode.KAFKA_STORAGE_ERROR });
  t.true(isAppendError(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(0))));
  t.throws(() => log.truncateTo(Offset(0), 'test'), { instanceOf: StorageError });
  t.deepEqual(failures, ['EIO']);
  t.true(log.isOffline);
});

test('after an unclean stop the recovery point is not above what was filled anew behind a truncation', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env);
  for (let i = 0; i < 4; i++) ok(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(0)));
  log.flush(Offset(4), () => {});
  env.advance(0);
  log.truncateTo(Offset(2), 'test');
  for (let i = 0; i < 3; i++) ok(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(1)));
  const again = openLog(env, undefined, { recoveryPoint: Offset(4) });
  t.is(again.logEndOffset, Offset(5));
  t.is(again.recoveryPoint, Offset(0));
  t.is(openLog(env, undefined, { hadCleanShutdown: true, recoveryPoint: Offset(5) }).recoveryPoint, Offset(5));
});
