import test from 'ava';
import { truncationOffset } from './truncation.ts';

test('a follower that knows the epoch goes back to the smaller of the two ends', (t) => {
  t.is(truncationOffset({ epoch: 2, endOffset: 10 }, { epoch: 2, endOffset: 15 }, 20), 10);
  t.is(truncationOffset({ epoch: 2, endOffset: 15 }, { epoch: 2, endOffset: 10 }, 20), 10);
});

test('a follower that does not know the epoch goes back to the end of its largest epoch below', (t) => {
  t.is(truncationOffset({ epoch: 3, endOffset: 18 }, { epoch: 1, endOffset: 12 }, 20), 12);
});

test('a follower without epochs that low takes the end of the leader, but never more than it has', (t) => {
  t.is(truncationOffset({ epoch: 1, endOffset: 18 }, null, 20), 18);
  t.is(truncationOffset({ epoch: 1, endOffset: 28 }, null, 20), 20);
});
