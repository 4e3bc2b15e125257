import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch } from '../protocol/numbers.ts';
import { readBatchHeader } from '../protocol/records.ts';
import { TestWorld } from '../testing/test-world.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import { CoordinatorShard } from './coordinator-shard.ts';

type Done = (error: number, lastOffset: number) => void;

/** A shard over a log whose answers the test gives, and what the writes were told. */
function setUp(lingerMs = -1) {
  const world = new TestWorld();
  const appends: Done[] = [];
  const batches: number[] = [];
  const log = {
    appendBatch: (_partition: number, _epoch: number, bytes: Uint8Array, _timeoutMs: number, done: Done) => {
      batches.push(readBatchHeader(bytes).recordCount);
      appends.push(done);
    },
  } as unknown as CoordinatorLog;
  const shard = new CoordinatorShard(world.environment('b1'), { partition: 0, leaderEpoch: LeaderEpoch(4), state: null }, log, {
    timeoutMs: 5_000,
    lingerMs,
    maxBatchBytes: 200,
  });
  shard.status = 'active';
  const told: string[] = [];
  const write = (name: string, timeoutMs?: number) =>
    shard.write(
      [{ key: null, value: null, timestamp: 0 }],
      (error, baseOffset) => told.push(`${name} settled ${error} at ${baseOffset}`),
      (error) => told.push(`${name} answered ${error}`),
      timeoutMs,
    );
  return { world, shard, appends, batches, told, write };
}

test('outcomes are told in the order of the log, whatever order they come in', (t) => {
  const { shard, appends, told, write } = setUp();
  write('a');
  write('b');
  shard.whenSettled((error) => told.push(`reader answered ${error}`));
  appends[1]?.(ErrorCode.NONE, 8);
  t.deepEqual(told, []);
  appends[0]?.(ErrorCode.NONE, 7);
  t.deepEqual(told, ['a settled 0 at 7', 'a answered 0', 'b settled 0 at 8', 'b answered 0', 'reader answered 0']);
  t.false(shard.isUncertain);
});

test('writes linger for others, as long as their batch has room', (t) => {
  const { world, shard, appends, batches, told, write } = setUp(10);
  write('a');
  world.runTo(5);
  write('b');
  shard.whenSettled((error) => told.push(`reader answered ${error}`));
  world.runTo(9);
  t.deepEqual(batches, []);
  world.runTo(10);
  t.deepEqual(batches, [2]);
  appends[0]?.(ErrorCode.NONE, 8);
  t.deepEqual(told, ['a settled 0 at 7', 'a answered 0', 'b settled 0 at 8', 'b answered 0', 'reader answered 0']);
  for (const name of ['c', 'd', 'e', 'f', 'g']) write(name);
  t.deepEqual(batches, [2, 4]);
  world.runTo(20);
  t.deepEqual(batches, [2, 4, 1]);
});

test('all that a batch gathered fail with it, who only waits for it, too', (t) => {
  const { world, shard, appends, told, write } = setUp(10);
  write('a');
  shard.whenSettled((error) => told.push(`reader answered ${error}`));
  world.runTo(10);
  write('b');
  appends[0]?.(ErrorCode.NOT_ENOUGH_REPLICAS, -1);
  const { COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR } = ErrorCode;
  t.deepEqual(told, [
    `a settled ${COORDINATOR_NOT_AVAILABLE} at -1`,
    `a answered ${COORDINATOR_NOT_AVAILABLE}`,
    `reader answered ${COORDINATOR_NOT_AVAILABLE}`,
  ]);
  told.length = 0;
  shard.unload();
  world.runTo(30);
  t.deepEqual(told, [`b settled ${NOT_COORDINATOR} at -1`, `b answered ${NOT_COORDINATOR}`]);
  t.is(appends.length, 1);
});

test('a refused write is told at once', (t) => {
  const { shard, appends, told, write } = setUp();
  write('a');
  write('b');
  appends[1]?.(ErrorCode.NOT_ENOUGH_REPLICAS, -1);
  const { COORDINATOR_NOT_AVAILABLE } = ErrorCode;
  t.deepEqual(told, [`b settled ${COORDINATOR_NOT_AVAILABLE} at -1`, `b answered ${COORDINATOR_NOT_AVAILABLE}`]);
  appends[0]?.(ErrorCode.NONE, 7);
  t.false(shard.isUncertain);
});

test('a write that is committed with too few replicas counts, though its client is told that it failed', (t) => {
  const { appends, told, write } = setUp();
  write('a');
  appends[0]?.(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, 7);
  t.deepEqual(told, ['a settled 0 at 7', `a answered ${ErrorCode.COORDINATOR_NOT_AVAILABLE}`]);
});

test('a write in the log whose epoch ended leaves the shard uncertain', (t) => {
  const { shard, appends, write } = setUp();
  write('a');
  appends[0]?.(ErrorCode.NOT_LEADER_OR_FOLLOWER, 7);
  t.true(shard.isUncertain);
});

test('who waited for a write whose epoch ended is not told what memory knows, nor is who asks afterwards', (t) => {
  const { shard, appends, told, write } = setUp();
  write('a');
  const ask = (name: string) => shard.whenSettled((error) => told.push(`${name} answered ${error}`));
  ask('reader');
  appends[0]?.(ErrorCode.NOT_LEADER_OR_FOLLOWER, 7);
  ask('another');
  const { NOT_COORDINATOR } = ErrorCode;
  t.deepEqual(told.slice(2), [`reader answered ${NOT_COORDINATOR}`, `another answered ${NOT_COORDINATOR}`]);
});

test('after the time-out the client is answered, each write in its own time; the outcome comes later', (t) => {
  const { world, appends, told, write } = setUp();
  write('a');
  world.runTo(3_000);
  write('b');
  world.runTo(5_000);
  const { COORDINATOR_NOT_AVAILABLE } = ErrorCode;
  t.deepEqual(told, [`a answered ${COORDINATOR_NOT_AVAILABLE}`]);
  world.runTo(7_999);
  t.is(told.length, 1);
  world.runTo(8_000);
  t.is(told.at(-1), `b answered ${COORDINATOR_NOT_AVAILABLE}`);
  appends[0]?.(ErrorCode.NONE, 7);
  appends[1]?.(ErrorCode.NONE, 8);
  t.deepEqual(told.slice(2), ['a settled 0 at 7', 'b settled 0 at 8']);
});

test('a write may have a time-out of its own: whoever waits less long is answered first', (t) => {
  const { world, appends, told, write } = setUp();
  write('a', 9_000);
  write('b');
  write('c', 1_000);
  const { COORDINATOR_NOT_AVAILABLE } = ErrorCode;
  world.runTo(999);
  t.deepEqual(told, []);
  world.runTo(1_000);
  t.deepEqual(told.splice(0), [`c answered ${COORDINATOR_NOT_AVAILABLE}`]);
  world.runTo(5_000);
  t.deepEqual(told.splice(0), [`b answered ${COORDINATOR_NOT_AVAILABLE}`]);
  world.runTo(8_999);
  t.deepEqual(told, []);
  world.runTo(9_000);
  t.deepEqual(told.splice(0), [`a answered ${COORDINATOR_NOT_AVAILABLE}`]);
  [7, 8, 9].forEach((offset, index) => appends[index]?.(ErrorCode.NONE, offset));
  t.deepEqual(told, ['a settled 0 at 7', 'b settled 0 at 8', 'c settled 0 at 9']);
});

test('what the log says after the shard was unloaded completes nothing (KAFKA-20634)', (t) => {
  const { shard, appends, told, write } = setUp();
  write('a');
  shard.unload();
  const { NOT_COORDINATOR } = ErrorCode;
  const expected = [`a settled ${NOT_COORDINATOR} at -1`, `a answered ${NOT_COORDINATOR}`];
  t.deepEqual(told, expected);
  appends[0]?.(ErrorCode.NONE, 7);
  t.deepEqual(told, expected);
});
