import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { encodeBatch } from '../protocol/records.ts';
import type { Log } from './log.ts';
import { batchOf, ok, openLog } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';

const PRODUCER = { producerEpoch: 0, isTransactional: true };

function marker(env: TestEnvironment, producerId: number, commit: boolean, coordinatorEpoch = 0): Uint8Array {
  const value = Uint8Array.of(0, 0, 0, 0, 0, coordinatorEpoch);
  const record = { key: Uint8Array.of(0, 0, 0, commit ? 1 : 0), value, timestamp: env.nowMs };
  return encodeBatch([record], { ...PRODUCER, producerId, isControl: true });
}

function script(env: TestEnvironment): Log {
  const log = openLog(env);
  ok(log.appendAsLeader(batchOf(env, 2, { ...PRODUCER, producerId: 1, baseSequence: 0 }), LeaderEpoch(0)));
  ok(log.appendAsLeader(batchOf(env, 1, { ...PRODUCER, producerId: 2, baseSequence: 0 }), LeaderEpoch(0)));
  return log;
}

test('the last stable offset waits for markers, and for the high watermark to pass them', (t) => {
  const env = new TestEnvironment();
  const log = script(env);
  log.updateHighWatermark(Offset(3));
  t.is(log.lastStableOffset, Offset(0));
  ok(log.appendAsLeader(marker(env, 1, false), LeaderEpoch(0), { origin: 'coordinator' }));
  t.is(log.lastStableOffset, Offset(0));
  log.updateHighWatermark(Offset(4));
  t.is(log.lastStableOffset, Offset(2));
  ok(log.appendAsLeader(marker(env, 2, true), LeaderEpoch(0), { origin: 'coordinator' }));
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
  ok(log.appendAsLeader(marker(env, 1, true, 3), LeaderEpoch(0), { origin: 'coordinator' }));
  t.like(log.appendAsLeader(marker(env, 1, true, 2), LeaderEpoch(0), { origin: 'coordinator' }), {
    error: ErrorCode.TRANSACTION_COORDINATOR_FENCED,
  });
  t.like(log.appendAsLeader(marker(env, 1, true), LeaderEpoch(0)), { error: ErrorCode.INVALID_RECORD });
});

test('a restart and a truncation know the transactions of the log', (t) => {
  const env = new TestEnvironment();
  const log = script(env);
  ok(log.appendAsLeader(marker(env, 1, false), LeaderEpoch(0), { origin: 'coordinator' }));
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
