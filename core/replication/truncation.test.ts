import test from 'ava';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { type EpochEnd, truncationOffset } from './truncation.ts';

const end = (epoch: number, endOffset: number): EpochEnd => ({ epoch: LeaderEpoch(epoch), endOffset: Offset(endOffset) });

test('a follower that knows the epoch goes back to the smaller of the two ends', (t) => {
  t.is(truncationOffset(end(2, 10), end(2, 15), Offset(20)), Offset(10));
  t.is(truncationOffset(end(2, 15), end(2, 10), Offset(20)), Offset(10));
});

test('a follower that does not know the epoch goes back to the end of its largest epoch below', (t) => {
  t.is(truncationOffset(end(3, 18), end(1, 12), Offset(20)), Offset(12));
});

test('a follower without epochs that low takes the end of the leader, but never more than it has', (t) => {
  t.is(truncationOffset(end(1, 18), null, Offset(20)), Offset(18));
  t.is(truncationOffset(end(1, 28), null, Offset(20)), Offset(20));
});
