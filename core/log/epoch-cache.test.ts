import test from 'ava';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { EpochCache } from './epoch-cache.ts';

function cacheOf(...entries: [epoch: number, startOffset: number][]): EpochCache {
  return new EpochCache(
    entries.map(([epoch, startOffset]) => ({ epoch: LeaderEpoch(epoch), startOffset: Offset(startOffset) })),
    () => {},
  );
}

test('a new entry removes those that contradict it', (t) => {
  const cache = cacheOf([1, 0], [2, 10], [4, 20]);
  t.false(cache.assign(LeaderEpoch(4), Offset(25)));
  t.true(cache.assign(LeaderEpoch(5), Offset(20)));
  t.deepEqual(
    cache.entries.map(({ epoch }) => epoch),
    [1, 2, 5],
  );
  t.true(cache.assign(LeaderEpoch(3), Offset(5)));
  t.deepEqual(
    cache.entries.map(({ epoch }) => epoch),
    [1, 3],
  );
});

test('end offsets as Kafka gives them', (t) => {
  const cache = cacheOf([2, 10], [4, 20], [7, 30]);
  t.deepEqual(cache.endOffsetFor(LeaderEpoch(7), Offset(45)), { epoch: 7, endOffset: 45 });
  t.deepEqual(cache.endOffsetFor(LeaderEpoch(4), Offset(45)), { epoch: 4, endOffset: 30 });
  t.deepEqual(cache.endOffsetFor(LeaderEpoch(5), Offset(45)), { epoch: 4, endOffset: 30 });
  t.deepEqual(cache.endOffsetFor(LeaderEpoch(1), Offset(45)), { epoch: 1, endOffset: 10 });
  t.is(cache.endOffsetFor(LeaderEpoch(8), Offset(45)), null);
  t.is(cache.endOffsetFor(LeaderEpoch(-1), Offset(45)), null);
  t.is(cacheOf().endOffsetFor(LeaderEpoch(0), Offset(0)), null);
});

test('truncation from both ends', (t) => {
  const cache = cacheOf([2, 10], [4, 20], [7, 30]);
  cache.truncateFromEnd(Offset(30));
  t.is(cache.latestEpoch, LeaderEpoch(4));
  cache.truncateFromStart(Offset(25));
  t.deepEqual(cache.entries, [{ epoch: 4, startOffset: 25 }]);
  t.is(cache.epochForOffset(Offset(24)), null);
  t.is(cache.epochForOffset(Offset(25)), LeaderEpoch(4));
  cache.truncateFromEnd(Offset(25));
  t.is(cache.latestEpoch, null);
});
