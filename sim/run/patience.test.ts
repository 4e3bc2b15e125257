import test from 'ava';
import { Patience } from './patience.ts';

const SECOND_US = 1_000_000;

test('patience is over when nobody has come further for as long as the limit', (t) => {
  const patience = new Patience(10_000, 5 * SECOND_US, 20);
  t.false(patience.isOver(14 * SECOND_US));
  t.true(patience.isOver(15 * SECOND_US));
  patience.heard('orders-0', 0, 8 * SECOND_US);
  t.false(patience.isOver(17 * SECOND_US), 'a first position is a step');
  patience.heard('orders-1', 3, 12 * SECOND_US);
  patience.heard('orders-0', 0, 20 * SECOND_US);
  t.false(patience.isOver(21 * SECOND_US));
  t.true(patience.isOver(22 * SECOND_US), 'standing still is none');
  patience.heard('orders-1', 2, 22 * SECOND_US);
  t.true(patience.isOver(22 * SECOND_US), 'going back is none');
  t.is(patience.longestMs, 140_000, '20 records, each with a transaction of its own');
});
