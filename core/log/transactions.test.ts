/** Transactions in a log: what is stable, what was aborted, and what a restart or a truncation makes of both. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { Log, LogConfig } from './log.ts';
import { appendInTransaction, appendMarker, batchOf, ok, openLog } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';

/** A batch of `count` records in the transaction of a producer. */
function append(env: TestEnvironment, log: Log, producerId: number, count: number, baseSequence = 0, producerEpoch = 0) {
  const of = { producerId, producerEpoch, baseSequence };
  return appendInTransaction(log, batchOf(env, count, { ...of, isTransactional: true }), of);
}

/** Producer 1 at offsets 0 and 1, producer 2 at 2. */
function script(env: TestEnvironment, config: Partial<LogConfig> = {}): Log {
  const log = openLog(env, config);
  ok(append(env, log, 1, 2));
  ok(append(env, log, 2, 1));
  return log;
}

test('the last stable offset waits for markers, and for the high watermark to pass them', (t) => {
  const env = new TestEnvironment();
  const log = script(env);
  log.updateHighWatermark(Offset(3));
  t.is(log.lastStableOffset, Offset(0));
  ok(appendMarker(env, log, 1, { commit: false }));
  t.is(log.lastStableOffset, Offset(0));
  log.updateHighWatermark(Offset(4));
  t.is(log.lastStableOffset, Offset(2));
  ok(appendMarker(env, log, 2, { commit: true }));
  log.updateHighWatermark(Offset(5));
  t.is(log.lastStableOffset, Offset(5));
  t.deepEqual(log.abortedTransactions(Offset(0), Offset(5)), [{ producerId: 1, firstOffset: 0 }]);
  t.deepEqual(log.abortedTransactions(Offset(4), Offset(5)), []);
});

test('rules of an open transaction', (t) => {
  const env = new TestEnvironment();
  const log = script(env);
  t.like(log.appendAsLeader(batchOf(env, 1, { producerId: 1, producerEpoch: 0, baseSequence: 2 }), LeaderEpoch(0)), {
    error: ErrorCode.INVALID_TXN_STATE,
  });
  ok(appendMarker(env, log, 1, { commit: true, coordinatorEpoch: 3 }));
  t.like(appendMarker(env, log, 1, { commit: true, coordinatorEpoch: 2 }), {
    error: ErrorCode.TRANSACTION_COORDINATOR_FENCED,
  });
  const { batch } = env.eventsOf('log-appended').at(-1) as { batch: Uint8Array };
  const fromClient = batch.slice();
  fromClient.fill(0, 0, 8);
  t.like(log.appendAsLeader(fromClient, LeaderEpoch(0)), { error: ErrorCode.INVALID_RECORD });
});

test('a restart and a truncation know the transactions of the log', (t) => {
  const env = new TestEnvironment();
  const log = script(env);
  ok(appendMarker(env, log, 1, { commit: false }));
  log.close();
  env.disk.remove('data/orders-0/00000000000000000000.txnindex');
  const again = openLog(env);
  again.updateHighWatermark(Offset(4));
  t.is(again.lastStableOffset, Offset(2));
  t.deepEqual(again.abortedTransactions(Offset(0), Offset(4)), [{ producerId: 1, firstOffset: 0 }]);
  again.truncateTo(Offset(3), 'test');
  t.is(again.lastStableOffset, Offset(0));
  t.deepEqual(again.abortedTransactions(Offset(0), Offset(4)), []);
});

test('the log tells when a transaction begins and ends, and which marker it refused', (t) => {
  const env = new TestEnvironment();
  const log = script(env);
  ok(append(env, log, 1, 1, 2));
  ok(appendMarker(env, log, 1, { commit: true, coordinatorEpoch: 4 }));
  ok(appendMarker(env, log, 1, { commit: true, coordinatorEpoch: 4 }));
  appendMarker(env, log, 2, { commit: false, producerEpoch: -1 });
  t.like(
    env.eventsOf('transaction-opened').map(({ producerId, firstOffset }) => [producerId, firstOffset]),
    [
      [1, 0],
      [2, 2],
    ],
  );
  t.deepEqual(
    env.eventsOf('transaction-marker-appended').map(({ offset, firstOffset }) => [offset, firstOffset]),
    [
      [4, 0],
      [5, -1],
    ],
  );
  t.like(env.eventsOf('marker-rejected')[0], { producerId: 2, commit: false, error: ErrorCode.INVALID_PRODUCER_EPOCH });
});

test('aborted transactions are told in the order of their markers, up to where the index says that the read ends', (t) => {
  const env = new TestEnvironment();
  const log = script(env, { 'index.interval.bytes': 0 });
  ok(appendMarker(env, log, 2, { commit: false }));
  ok(appendMarker(env, log, 1, { commit: false }));
  ok(append(env, log, 3, 1));
  ok(appendMarker(env, log, 3, { commit: false }));
  const ids = (from: number, to: number) => log.abortedTransactions(Offset(from), Offset(to)).map(({ producerId }) => producerId);
  t.deepEqual(ids(0, 7), [2, 1, 3]);
  t.deepEqual(ids(0, 5), [2, 1]);
  t.deepEqual(ids(4, 5), [1]);
  t.deepEqual(ids(0, 2), [1]);
});

test('an open transaction outlives the deletion of its first segment, also over a restart', (t) => {
  const env = new TestEnvironment();
  const log = script(env);
  log.roll();
  ok(append(env, log, 1, 1, 2));
  log.updateHighWatermark(Offset(4));
  log.maybeIncrementLogStartOffset(Offset(3), 'delete-records');
  t.is(log.deleteOldSegments(), 1);
  t.is(log.lastStableOffset, Offset(3));
  log.close();
  const again = openLog(env, {}, { logStartOffset: Offset(3), recoveryPoint: Offset(3) });
  again.updateHighWatermark(Offset(4));
  t.deepEqual(
    again.openTransactions().map(({ firstOffset }) => firstOffset),
    [Offset(0), Offset(2)],
  );
  t.is(again.lastStableOffset, Offset(3));
  ok(appendMarker(env, again, 1, { commit: false }));
  ok(appendMarker(env, again, 2, { commit: true }));
  again.updateHighWatermark(Offset(6));
  t.is(again.lastStableOffset, Offset(6));
  t.deepEqual(again.abortedTransactions(Offset(3), Offset(6)), [{ producerId: 1, firstOffset: Offset(0) }]);
});

test('a transaction hangs when nobody has written to it for longer than its coordinator may take to end it', (t) => {
  const env = new TestEnvironment();
  const log = script(env);
  const fiveMinutesMs = 5 * 60_000;
  env.advance(fiveMinutesMs + 1_000);
  t.false(log.hasLateTransaction(1_000));
  env.advance(1);
  t.true(log.hasLateTransaction(1_000));
  ok(append(env, log, 1, 1, 2));
  t.false(log.hasLateTransaction(1_000), 'the oldest is written to');
  ok(appendMarker(env, log, 1, { commit: true }));
  t.true(log.hasLateTransaction(1_000), 'the next one is not');
});

test('what a flush has made durable of an aborted transaction outlives a power loss, the name of its index, too', (t) => {
  const env = new TestEnvironment();
  const log = openLog(env);
  ok(append(env, log, 1, 1));
  log.flush(Offset(1), () => {});
  env.advance(1_000);
  ok(appendMarker(env, log, 1, { commit: false }));
  log.flush(Offset(2), () => {});
  env.advance(1_000);
  log.close();
  env.losePower();
  const again = openLog(env, {}, { recoveryPoint: Offset(2) });
  t.deepEqual(again.abortedTransactions(Offset(0), Offset(2)), [{ producerId: 1, firstOffset: Offset(0) }]);
});
