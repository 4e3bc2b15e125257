/** A log compresses and reads batches with the codecs of its world. */
import test from 'ava';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { BATCH_OVERHEAD, encodeBatch } from '../protocol/records.ts';
import { MARK, markedCompression } from '../protocol/testing/marked-compression.ts';
import type { Log } from './log.ts';
import { appendInTransaction, batchOf, ok, openLog } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';

const EVERYTHING = { maxBytes: 1 << 30, minOneMessage: true, upperBound: 'log-end' } as const;
const PRODUCER = { producerId: 1, producerEpoch: 0, isTransactional: true };

function firstBodyByte(log: Log, offset: number): number | undefined {
  const read = log.read(Offset(offset), EVERYTHING);
  return typeof read === 'string' ? undefined : read.records[BATCH_OVERHEAD];
}

test('batches, markers and look-ups by timestamp, also after a restart', (t) => {
  const env = new TestEnvironment();
  env.compression = markedCompression;
  const log = openLog(env, { 'compression.type': 'zstd' });
  const start = env.nowMs;
  // It comes plain and is compressed here; then it comes compressed, and its records are checked.
  ok(appendInTransaction(log, batchOf(env, 2, { ...PRODUCER, baseSequence: 0 }), { ...PRODUCER, baseSequence: 0 }));
  const records = [1, 2].map((age) => ({ key: null, value: Uint8Array.of(age), timestamp: start + age }));
  ok(
    log.appendAsLeader(
      encodeBatch(records, { ...PRODUCER, baseSequence: 2, compression: 'zstd' }, markedCompression),
      LeaderEpoch(0),
    ),
  );
  t.deepEqual([firstBodyByte(log, 0), firstBodyByte(log, 2)], [MARK, MARK]);
  t.like(log.maxTimestampOffset(), { offset: 3, timestamp: start + 2 });

  const abort = { key: Uint8Array.of(0, 0, 0, 0), value: new Uint8Array(6), timestamp: start + 3 };
  const marker = encodeBatch([abort], { ...PRODUCER, isControl: true, compression: 'zstd' }, markedCompression);
  ok(log.appendAsLeader(marker, LeaderEpoch(0), { origin: 'coordinator', transactionVersion: 1 }));
  const aborted = [{ producerId: 1, firstOffset: 0 }];
  t.deepEqual(log.abortedTransactions(Offset(0), Offset(5)), aborted);

  const again = openLog(env, { 'compression.type': 'zstd' });
  again.updateHighWatermark(Offset(5));
  t.is(again.lastStableOffset, Offset(5));
});
