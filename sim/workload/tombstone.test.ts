import test from 'ava';
import { nameOf, tombstone } from './tombstone.ts';

test('a record is known by its value, a tombstone by the name that it was given', (t) => {
  const { value, headers } = tombstone('writer-1#0:3');
  t.is(value, null);
  t.is(nameOf({ value, headers }), 'writer-1#0:3');
  t.is(nameOf({ value: 'writer-1#0:4', headers: [] }), 'writer-1#0:4');
  t.is(nameOf({ value: '', headers }), '');
  t.is(nameOf({ value: null, headers: [] }), '');
});
