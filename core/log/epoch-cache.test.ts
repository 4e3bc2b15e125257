import test from 'ava';
import { EpochCache } from './epoch-cache.ts';

function cacheOf(...entries: [epoch: number, startOffset: number][]): EpochCache {
  return new EpochCache(
    entries.map(([epoch, startOffset]) => ({ epoch, startOffset })),
    () => {},
  );
}

test('a new entry removes those that contradict it', (t) => {
  const cache = cacheOf([1, 0], [2, 10], [4, 20]);
  t.false(cache.assign(4, 25));
  t.true(cache.assign(5, 20));
  t.deepEqual(
    cache.entries.map(({ epoch }) => epoch),
    [1, 2, 5],
  );
  t.true(cache.assign(3, 5));
  t.deepEqual(
    cache.entries.map(({ epoch }) => epoch),
    [1, 3],
  );
});

test('end offsets as Kafka gives them', (t) => {
  const cache = cacheOf([2, 10], [4, 20], [7, 30]);
  t.deepEqual(cache.endOffsetFor(7, 45), { epoch: 7, endOffset: 45 });
  t.deepEqual(cache.endOffsetFor(4, 45), { epoch: 4, endOffset: 30 });
  t.deepEqual(cache.endOffsetFor(5, 45), { epoch: 4, endOffset: 30 });
  t.deepEqual(cache.endOffsetFor(1, 45), { epoch: 1, endOffset: 10 });
  t.is(cache.endOffsetFor(8, 45), null);
  t.is(cache.endOffsetFor(-1, 45), null);
  t.is(cacheOf().endOffsetFor(0, 0), null);
});

test('truncation from both ends', (t) => {
  const cache = cacheOf([2, 10], [4, 20], [7, 30]);
  cache.truncateFromEnd(30);
  t.is(cache.latestEpoch, 4);
  cache.truncateFromStart(25);
  t.deepEqual(cache.entries, [{ epoch: 4, startOffset: 25 }]);
  t.is(cache.epochForOffset(24), null);
  t.is(cache.epochForOffset(25), 4);
  cache.truncateFromEnd(25);
  t.is(cache.latestEpoch, null);
});
