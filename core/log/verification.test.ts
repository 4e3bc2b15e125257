/** A transaction's first batch in a log needs the guard of the verification that is under way (KIP-890). */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { Log } from './log.ts';
import { appendMarker, batchOf, ok, openLog } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';
import { VerificationGuard } from './verification.ts';

interface Batch {
  readonly baseSequence?: number;
  readonly producerEpoch?: number;
  readonly guard?: VerificationGuard | null;
  readonly origin?: 'client' | 'coordinator';
}

function append(env: TestEnvironment, log: Log, { baseSequence = 0, producerEpoch = 0, guard = null, origin = 'client' }: Batch) {
  const batch = batchOf(env, 1, { producerId: 1, producerEpoch, baseSequence, isTransactional: true });
  return log.appendAsLeader(batch, LeaderEpoch(0), { origin, verificationGuard: guard });
}

function start(log: Log, { sequence = 0, epoch = 0, supportsEpochBump = false } = {}): VerificationGuard {
  const started = log.startVerification(1, epoch, sequence, supportsEpochBump);
  if (!(started instanceof VerificationGuard)) throw new Error(`no guard: ${JSON.stringify(started)}`);
  return started;
}

function log() {
  const env = new TestEnvironment();
  return { env, log: openLog(env) };
}

const REFUSED = { error: ErrorCode.INVALID_TXN_STATE };
const OUT_OF_ORDER = { error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER };

test('without the guard that is out, nobody begins a transaction, be it a client or a coordinator', (t) => {
  const { env, log: orders } = log();
  t.like(append(env, orders, {}), REFUSED);
  const guard = start(orders);
  t.like(append(env, orders, {}), REFUSED);
  t.like(append(env, orders, { guard: new VerificationGuard(1) }), REFUSED);
  t.like(append(env, orders, { origin: 'coordinator' }), REFUSED);
  t.is(start(orders), guard, 'asked again, it is the same');
  ok(append(env, orders, { guard }));
  t.is(orders.startVerification(1, 0, 1, false), null);
  ok(append(env, orders, { baseSequence: 1 }));
});

test('a guard is of one transaction: what was verified before the marker is refused after it', (t) => {
  const { env, log: orders } = log();
  const late = start(orders);
  ok(appendMarker(env, orders, 1, { commit: false }));
  t.like(append(env, orders, { guard: late }), REFUSED);
  t.is(env.eventsOf('mark').length, 1);
  const next = start(orders);
  t.like(append(env, orders, { guard: late }), REFUSED);
  ok(append(env, orders, { guard: next }));
});

test('a marker leaves the guard of the next transaction alone, if that has its epoch', (t) => {
  const { env, log: orders } = log();
  ok(append(env, orders, { guard: start(orders, { supportsEpochBump: true }) }));
  const next = start(orders, { epoch: 1, supportsEpochBump: true });
  ok(appendMarker(env, orders, 1, { commit: true, producerEpoch: 1, transactionVersion: 2 }));
  t.like(append(env, orders, { producerEpoch: 1, guard: next }), { firstOffset: 2 });
});

test('an epoch that is over begins nothing', (t) => {
  const { env, log: orders } = log();
  ok(append(env, orders, { producerEpoch: 3, guard: start(orders, { epoch: 3 }) }));
  t.like(orders.startVerification(1, 2, 0, false), { error: ErrorCode.INVALID_PRODUCER_EPOCH });
  t.like(append(env, orders, { producerEpoch: 2 }), { error: ErrorCode.INVALID_PRODUCER_EPOCH });
  start(orders, { epoch: 4 });
});

test('the first batch of a fresh producer has any sequence, and sequence 0 if each transaction has an epoch', (t) => {
  const first = (supportsEpochBump: boolean) => {
    const { env, log: orders } = log();
    return append(env, orders, { baseSequence: 5, guard: start(orders, { sequence: 5, supportsEpochBump }) });
  };
  ok(first(false));
  t.like(first(true), OUT_OF_ORDER);
});

test('no batch is taken before a lower one that was asked about; a new epoch begins anew', (t) => {
  const { env, log: orders } = log();
  const guard = start(orders, { sequence: 7 });
  start(orders, { sequence: 5 });
  t.like(append(env, orders, { baseSequence: 7, guard }), OUT_OF_ORDER);
  ok(append(env, orders, { baseSequence: 5, guard }));

  const { env: other, log: others } = log();
  const renewed = start(others, { sequence: 2 });
  start(others, { sequence: 4, epoch: 1 });
  ok(append(other, others, { baseSequence: 4, producerEpoch: 1, guard: renewed }));
});

test('a verification that leads to nothing is forgotten with time', (t) => {
  const env = new TestEnvironment();
  const orders = openLog(env, {}, { producerIdExpirationMs: () => 1_000, producerIdExpirationCheckMs: 100 });
  const guard = start(orders);
  env.advance(500);
  t.is(start(orders), guard);
  env.advance(700);
  t.not(start(orders), guard);
});

test('nobody is asked for a guard where transactions are not verified', (t) => {
  const env = new TestEnvironment();
  const orders = openLog(env, {}, { isVerificationEnabled: () => false });
  ok(append(env, orders, {}));
  orders.updateHighWatermark(Offset(1));
  t.is(orders.lastStableOffset, Offset(0));
});

test('markers of transaction version 2 have a newer epoch, unless they are repeated', (t) => {
  const { env, log: orders } = log();
  const end = (producerEpoch: number, transactionVersion: number) =>
    appendMarker(env, orders, 1, { commit: true, producerEpoch, transactionVersion });
  ok(append(env, orders, { guard: start(orders) }));
  t.like(end(0, 2), { error: ErrorCode.INVALID_PRODUCER_EPOCH });
  ok(end(0, 1));
  ok(append(env, orders, { baseSequence: 1, guard: start(orders, { sequence: 1 }) }));
  ok(end(1, 2));
  ok(end(1, 2));
  t.like(end(0, 1), { error: ErrorCode.INVALID_PRODUCER_EPOCH });
  ok(append(env, orders, { producerEpoch: 0x7fff, guard: start(orders, { epoch: 0x7fff }) }));
  ok(end(0x7fff, 2));
});
