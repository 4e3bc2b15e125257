import test from 'ava';
import { bytesToText } from '../bytes.ts';
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import type { Log } from '../log.ts';
import { COMPACTED, batchesOf, foldOf, keyed, ordersOf, startManager, write } from '../testing/cleaned-logs.ts';
import { appendMarker, ok } from '../testing/logs.ts';
import { TestEnvironment } from '../testing/test-environment.ts';

/** Writes one record a batch, and begins a new segment behind them. */
function fill(env: TestEnvironment, log: Log, texts: readonly string[]): void {
  for (const text of texts) write(env, log, [text]);
  log.roll();
}

const checkpoint = (env: TestEnvironment): string => bytesToText(env.contents('d1/cleaner-offset-checkpoint'));
const marks = (env: TestEnvironment): string[] => [...new Set(env.eventsOf('mark').map(({ name }) => name))];

test('a dirty log is compacted up to its active segment, and that is written down', (t) => {
  const env = new TestEnvironment();
  const log = ordersOf(startManager(env));
  fill(env, log, ['a=1', 'b=1', 'a=2', 'c=1', 'b=2']);
  write(env, log, ['a=3']);
  env.advance(1001);
  t.deepEqual(
    batchesOf(log),
    ['2-2: a=2', '3-3: c=1', '4-4: b=2', '5-5: a=3'],
    'what is in the active segment counts for nothing',
  );
  t.is(checkpoint(env), '0\n1\norders 0 5\n');
  t.like(log, { logStartOffset: 0, logEndOffset: 6, segmentCount: 2 });
  t.like(env.eventsOf('segments-swapped')[0], { baseOffset: 0, endOffset: 5 });
  t.like(env.eventsOf('log-cleaning-ended')[0], { endOffset: 5 });
});

test('what is clean and what is dirty become one, and an offset that is gone is read from the next one on', (t) => {
  const env = new TestEnvironment();
  const log = ordersOf(startManager(env));
  fill(env, log, ['a=1', 'b=1', 'c=1']);
  env.advance(1001);
  t.is(env.eventsOf('segments-merging').length, 0, 'one segment, be it of several batches, is copied alone');
  fill(env, log, ['b=2', 'a=2']);
  env.advance(1001);
  t.like(env.eventsOf('segments-merging')[0], { baseOffset: 0, endOffset: 5 });
  t.deepEqual(batchesOf(log), ['2-2: c=1', '3-3: b=2', '4-4: a=2']);
  const read = log.read(Offset(0), { maxBytes: 1, minOneMessage: true, upperBound: 'log-end' });
  t.like(read, { startOffset: 0, endOffset: 3 });
  t.is(log.read(Offset(-1), { maxBytes: 1, minOneMessage: true, upperBound: 'log-end' }), 'out-of-range');
  t.deepEqual(log.offsetForTimestamp(0), {
    offset: Offset(2),
    timestamp: log.offsetForTimestamp(0)?.timestamp ?? -1,
    leaderEpoch: LeaderEpoch(0),
  });
});

test('it waits until the share of what is dirty is above min.cleanable.dirty.ratio, or max.compaction.lag.ms has passed', (t) => {
  const env = new TestEnvironment();
  const manager = startManager(env, { ...COMPACTED, 'min.cleanable.dirty.ratio': 0.6, 'max.compaction.lag.ms': 50_000 });
  const log = ordersOf(manager);
  fill(env, log, ['a=1', 'b=1', 'c=1', 'd=1']);
  env.advance(1001);
  fill(env, log, ['a=2']);
  env.advance(30_000);
  t.is(batchesOf(log).length, 5, 'a fifth of it is dirty');
  env.advance(30_000);
  t.is(batchesOf(log).length, 4);
  t.true(marks(env).includes('log/cleaned-overdue'));
});

test('a segment with a record younger than min.compaction.lag.ms stays, and all behind it', (t) => {
  const env = new TestEnvironment();
  const log = ordersOf(startManager(env, { ...COMPACTED, 'min.compaction.lag.ms': 10_000 }));
  fill(env, log, ['a=1', 'a=2']);
  env.advance(6000);
  fill(env, log, ['a=3']);
  env.advance(6000);
  t.deepEqual(batchesOf(log), ['1-1: a=2', '2-2: a=3']);
  env.advance(6000);
  t.deepEqual(batchesOf(log), ['2-2: a=3']);
});

test('nothing is touched at or above the last stable offset or the high watermark', (t) => {
  const env = new TestEnvironment();
  const log = ordersOf(startManager(env));
  fill(env, log, ['a=1', 'a=2']);
  ok(
    log.appendAsLeader(
      keyed(env, ['a=3'], { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true }),
      LeaderEpoch(0),
    ),
  );
  log.roll();
  fill(env, log, ['a=4', 'a=5']);
  env.advance(5000);
  t.deepEqual(batchesOf(log), ['1-1: a=2', '2-2: a=3', '3-3: a=4', '4-4: a=5'], 'a transaction is open from 2 on');
  ok(appendMarker(env, log, 7, { commit: true }));
  log.roll();
  env.advance(5000);
  t.is(batchesOf(log).length, 5, 'its marker is not committed');
  log.updateHighWatermark(log.logEndOffset);
  env.advance(5000);
  t.deepEqual(batchesOf(log), ['2-2:', '4-4: a=5', '5-5: COMMIT'], 'the head of the producer’s last batch stays');
});

test('what a transaction aborted goes at once; its marker when delete.retention.ms have passed since nothing is left', (t) => {
  const env = new TestEnvironment();
  const log = ordersOf(startManager(env));
  const txn = { producerId: 7, producerEpoch: 0, isTransactional: true };
  write(env, log, ['a=1']);
  write(env, log, ['a=2', 'b=2'], { ...txn, baseSequence: 0 });
  ok(appendMarker(env, log, 7, { commit: false }));
  write(env, log, ['c=3'], { ...txn, baseSequence: 2 });
  ok(appendMarker(env, log, 7, { commit: true }));
  log.updateHighWatermark(log.logEndOffset);
  log.roll();
  env.advance(1001);
  t.deepEqual(batchesOf(log), ['0-0: a=1', '3-3: ABORT', '4-4: c=3', '5-5: COMMIT']);
  t.deepEqual(log.abortedTransactions(Offset(0), Offset(6)), [{ producerId: 7, firstOffset: Offset(1) }]);
  fill(env, log, ['d=1']);
  env.advance(1001);
  t.true(batchesOf(log).includes('3-3: ABORT'), 'now nothing of it is left, and its time begins');
  t.deepEqual(log.abortedTransactions(Offset(0), Offset(6)), []);
  env.advance(60_000);
  fill(env, log, ['d=2']);
  env.advance(1001);
  t.deepEqual(batchesOf(log), ['0-0: a=1', '4-4: c=3', '5-5: COMMIT', '7-7: d=2']);
});

test('a tombstone stays readable for delete.retention.ms from the first cleaning on', (t) => {
  const env = new TestEnvironment();
  const log = ordersOf(startManager(env));
  fill(env, log, ['a=1', 'b=1', 'a']);
  env.advance(1001);
  t.deepEqual(batchesOf(log), ['1-1: b=1', '2-2: a']);
  env.advance(50_000);
  fill(env, log, ['c=1']);
  env.advance(1001);
  t.true(batchesOf(log).includes('2-2: a'));
  env.advance(10_000);
  fill(env, log, ['c=2']);
  env.advance(1001);
  t.deepEqual(batchesOf(log), ['1-1: b=1', '4-4: c=2']);
});

test('a small memory for keys makes for more rounds, none of which loses a key', (t) => {
  const env = new TestEnvironment();
  const manager = startManager(env, COMPACTED, { 'log.cleaner.dedupe.buffer.size': 60 });
  const log = ordersOf(manager);
  const texts = Array.from({ length: 30 }, (_, at) => `k${at % 7}=${at}`);
  fill(env, log, texts);
  const before = foldOf(log);
  env.advance(60_000);
  t.deepEqual(foldOf(log), before);
  t.is(batchesOf(log).length, 7);
  t.true(env.eventsOf('log-cleaning-ended').length > 2);
  t.true(marks(env).includes('log/offset-map-full'));
});

test('the dirtiest log comes first', (t) => {
  const env = new TestEnvironment();
  const manager = startManager(env);
  const logs = [0, 1].map((partition) => manager.getOrCreate('orders', partition, 'AAAAAAAAAAAAAAAAAAAABQ') as Log);
  for (const log of logs) fill(env, log, ['a=1', 'b=1', 'c=1', 'd=1']);
  env.advance(2000);
  fill(env, logs[0] as Log, ['a=2']);
  fill(env, logs[1] as Log, ['a=2', 'b=2', 'c=2']);
  env.advance(2000);
  t.deepEqual(
    env
      .eventsOf('log-cleaning-begun')
      .map(({ partition }) => partition)
      .slice(2),
    ['orders-1', 'orders-0'],
  );
});

test('a truncation below the active segment ends a cleaning, and the log is dirty again from there', (t) => {
  const env = new TestEnvironment({ disk: { syncBaseUs: 20_000 } });
  const log = ordersOf(startManager(env));
  fill(env, log, ['a=1', 'a=2', 'b=1']);
  env.world.runUntil(() => env.eventsOf('segments-swapping').length === 1, 60_000);
  log.truncateTo(Offset(2), 'test');
  t.false(log.isBeingCleaned);
  t.deepEqual(
    env.disk.list('d1/orders-0').filter((name) => /cleaned|swap/.test(name)),
    [],
  );
  t.deepEqual(batchesOf(log), ['0-0: a=1', '1-1: a=2']);
  t.true(marks(env).includes('log/cleaning-aborted-in-a-swap'));
  fill(env, log, ['b=2', 'b=3']);
  env.advance(5000);
  t.deepEqual(batchesOf(log), ['1-1: a=2', '3-3: b=3']);
  t.is(checkpoint(env), '0\n1\norders 0 4\n');
  log.truncateTo(Offset(2), 'test');
  env.advance(100);
  t.is(checkpoint(env), '0\n1\norders 0 0\n', 'the segment that begins at 0 is the active one now');
  t.is(log.logEndOffset, Offset(2), 'though the last record before is at 1');
});

test('retention of a compacted log is left to the cleaner, and removes what lies below the log start', (t) => {
  const env = new TestEnvironment();
  const log = ordersOf(
    startManager(env, {
      ...COMPACTED,
      'min.cleanable.dirty.ratio': 1,
      'cleanup.policy': ['compact', 'delete'],
      'retention.ms': 100_000,
    }),
  );
  fill(env, log, ['a=1']);
  fill(env, log, ['b=1']);
  log.maybeIncrementLogStartOffset(Offset(1), 'delete-records');
  env.advance(1001);
  t.is(log.firstSegmentBaseOffset, Offset(1));
  env.advance(100_000);
  t.like(log, { logStartOffset: 2, segmentCount: 1 });
});

test('a batch that is not what was written makes a log uncleanable, and nothing of it is copied', (t) => {
  const env = new TestEnvironment();
  const log = ordersOf(startManager(env));
  fill(env, log, ['a=1', 'a=2']);
  env.corrupt('d1/orders-0/00000000000000000000.log', (bytes) => bytes.fill(1, bytes.length - 1));
  env.advance(60_000);
  t.is(env.eventsOf('log-uncleanable').length, 1);
  t.is(env.eventsOf('segments-swapped').length, 0);
  t.deepEqual(
    env.disk.list('d1/orders-0').filter((name) => /cleaned|swap/.test(name)),
    [],
  );
  t.false(log.isBeingCleaned);
});

test('a cleaner that reads and writes too much waits', (t) => {
  const env = new TestEnvironment({ disk: { syncBaseUs: 400_000 } });
  const log = ordersOf(startManager(env, COMPACTED, { 'log.cleaner.io.max.bytes.per.second': 100 }));
  fill(
    env,
    log,
    Array.from({ length: 20 }, (_, at) => `a=${at}`),
  );
  const begun = env.nowMs;
  env.world.runUntil(() => env.eventsOf('log-cleaning-ended').length > 0, 120_000);
  t.true(env.nowMs - begun > 20_000, `${env.nowMs - begun} ms`);
  t.true(marks(env).includes('log/cleaner-throttled'));
});

test('a policy that changes to delete leaves a log with holes whole at the next start', (t) => {
  const env = new TestEnvironment();
  const manager = startManager(env, { ...COMPACTED, 'segment.bytes': 200 });
  const log = ordersOf(manager);
  fill(env, log, ['a=1', 'b=1', 'c=1', 'd=1', 'a=2', 'b=2', 'c=2', 'd=2', 'e=1']);
  env.advance(5000);
  const before = batchesOf(log);
  t.true(before.length < 9);
  manager.close();
  env.crash();
  t.deepEqual(batchesOf(ordersOf(startManager(env, { 'cleanup.policy': 'delete' }))), before);
});

test('log.cleaner.enable=false leaves all logs as they are; threads may come and go', (t) => {
  const env = new TestEnvironment();
  const off = ordersOf(startManager(env, COMPACTED, { 'log.cleaner.enable': false }));
  fill(env, off, ['a=1', 'a=2']);
  env.advance(60_000);
  t.is(batchesOf(off).length, 2);
  const other = new TestEnvironment();
  const settings = { 'log.cleaner.threads': 0 };
  const log = ordersOf(startManager(other, COMPACTED, settings));
  fill(other, log, ['a=1', 'a=2']);
  other.advance(60_000);
  t.is(batchesOf(log).length, 2);
});
