import test from 'ava';
import { Offset } from '../protocol/numbers.ts';
import { OffsetIndex } from './offset-index.ts';
import { TestEnvironment } from './testing/test-environment.ts';
import { TimeIndex } from './time-index.ts';
import { TxnIndex } from './txn-index.ts';

test('offset index: Kafka’s bytes, floor lookup, truncation keeps the entry before', (t) => {
  const env = new TestEnvironment();
  const { disk } = env;
  const index = new OffsetIndex(disk, 'a.index', Offset(100));
  index.append(Offset(104), 50);
  index.append(Offset(109), 90);
  index.append(Offset(115), 140);
  t.deepEqual([...env.contents('a.index')].slice(0, 8), [0, 0, 0, 4, 0, 0, 0, 50]);
  t.deepEqual(
    [103, 104, 110, 999].map((offset) => index.lookup(Offset(offset))),
    [0, 50, 90, 140],
  );
  index.truncateTo(Offset(109));
  t.is(index.entries, 1);
  t.is(env.contents('a.index').length, 8);
  const again = new OffsetIndex(disk, 'a.index', Offset(100));
  t.true(again.load(200, Offset(120)));
  t.is(again.lookup(Offset(108)), 50);
  t.false(again.load(50, Offset(120)));
  t.false(again.load(200, Offset(104)));
  env.corrupt('a.index', (bytes) => bytes.subarray(0, 7));
  t.false(again.load(200, Offset(120)));
});

test('time index: only what is larger than all before', (t) => {
  const env = new TestEnvironment();
  const { disk } = env;
  const index = new TimeIndex(disk, 'a.timeindex', Offset(100));
  index.maybeAppend(1000, Offset(104));
  index.maybeAppend(900, Offset(109));
  index.maybeAppend(2 ** 40, Offset(110));
  t.is(index.entries, 2);
  t.deepEqual([...env.contents('a.timeindex')].slice(12), [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 10]);
  t.deepEqual(
    [1000, 1001, 2 ** 41].map((timestamp) => index.lookup(timestamp)),
    [100, 104, 110],
  );
  index.truncateTo(Offset(110));
  t.is(index.entries, 1);
  t.true(new TimeIndex(disk, 'a.timeindex', Offset(100)).load(Offset(105)));
  t.false(new TimeIndex(disk, 'a.timeindex', Offset(100)).load(Offset(104)));
});

test('transaction index: appears with its first entry, truncates by marker', (t) => {
  const env = new TestEnvironment();
  const { disk } = env;
  const index = new TxnIndex(disk, 'a.txnindex');
  t.false(disk.exists('a.txnindex'));
  index.append({ producerId: 7, firstOffset: Offset(1), lastOffset: Offset(5), lastStableOffset: Offset(6) });
  index.append({ producerId: 8, firstOffset: Offset(2), lastOffset: Offset(9), lastStableOffset: Offset(10) });
  t.is(env.contents('a.txnindex').length, 68);
  index.truncateTo(Offset(9));
  const again = new TxnIndex(disk, 'a.txnindex');
  t.true(again.load(Offset(0), Offset(10)));
  t.deepEqual(again.entries, [{ producerId: 7, firstOffset: 1, lastOffset: 5, lastStableOffset: 6 }]);
  t.false(again.load(Offset(0), Offset(5)));
});
