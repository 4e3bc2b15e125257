/** Steps from line to line. */
import test from 'ava';
import type { RunRecord } from '../../record/run-record.ts';
import { around, lineAt, nextLine } from './lines.ts';

const record = {
  lines: {
    count: 5,
    us: Float64Array.of(0, 10, 10, 20, 30),
    type: Uint16Array.of(0, 1, 0, 1, 0),
    process: new Uint8Array(5),
    types: ['log-appended', 'fault'],
  },
} as unknown as RunRecord;

test('to the next and to the one before, and no further than the ends', (t) => {
  t.is(nextLine(record, null, 1, 1, null), 2);
  t.is(nextLine(record, null, 1, -1, null), 0);
  t.is(nextLine(record, null, 4, 1, null), -1);
  t.is(nextLine(record, null, 0, -1, null), -1);
});

test('to the next of a kind, whatever is filtered', (t) => {
  t.is(nextLine(record, Uint32Array.of(0), 1, 1, 'fault'), 3);
  t.is(nextLine(record, null, 3, -1, 'fault'), 1);
  t.is(nextLine(record, null, 0, 1, 'no such kind'), -1);
});

test('in a filter, from a line that is in it and from one that is not', (t) => {
  const filter = Uint32Array.of(1, 4);
  t.is(nextLine(record, filter, 1, 1, null), 4);
  t.is(nextLine(record, filter, 4, -1, null), 1);
  t.is(nextLine(record, filter, 3, -1, null), 1);
  t.is(nextLine(record, filter, 3, 1, null), 4);
  t.is(nextLine(record, filter, 1, -1, null), -1);
});

test('the last line of a time, and the lines around one', (t) => {
  t.is(lineAt(record, 10), 2);
  t.is(lineAt(record, 9), 0);
  t.deepEqual(around(record, null, 1, 1, 2), [0, 1, 2, 3]);
  t.deepEqual(around(record, Uint32Array.of(0, 3, 4), 3, 1, 1), [0, 3, 4]);
});
