import test from 'ava';
import { type Entry, wrongBooks } from './bank.ts';

const leg = (transfer: string, amount: number, account: number, of: number): string =>
  `bank-1#1:${transfer}${account} leg of ${transfer}: ${amount} in account ${account}, of ${of}`;

/** As they stand in one partition. */
const read = (...values: readonly string[]): Entry[] => values.map((value, offset) => ({ partition: 0, offset, value }));

const GOOD = read(leg('t1', -5, 1, 3), leg('t1', 3, 2, 3), leg('t2', 7, 4, 2), leg('t1', 2, 3, 3), leg('t2', -7, 1, 2));

test('the books are right if all legs of each transfer are there, in whatever order, and none counts twice that was read twice', (t) => {
  t.is(wrongBooks(GOOD), null);
  t.is(wrongBooks([...GOOD, ...GOOD, ...read('harness#0:probe-accounts-0')]), null);
  t.is(wrongBooks([]), null);
});

test('a leg that is missing, is there twice, or is more than it was, is told', (t) => {
  t.is(wrongBooks(GOOD.slice(1)), 'of the 3 legs of transfer t1 there are 2');
  t.is(wrongBooks([...GOOD, { ...(GOOD[0] as Entry), offset: 9 }]), 'of the 3 legs of transfer t1 there are 4');
  t.is(wrongBooks(read(leg('t3', -5, 1, 2), leg('t3', 6, 2, 2))), 'the sum of all accounts is 1');
});
