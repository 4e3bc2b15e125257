import test from 'ava';
import { Offset } from '../../protocol/numbers.ts';
import { OffsetMap } from './offset-map.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test('a key has the offset that was noted last, and another key none', (t) => {
  const map = new OffsetMap(1000);
  t.true(map.put(bytes(1, 2), Offset(3)));
  t.true(map.put(bytes(1, 2), Offset(7)));
  t.is(map.get(bytes(1, 2)), Offset(7));
  t.is(map.get(bytes(1)), Offset(-1));
  t.like(map, { size: 1, latestOffset: 7 });
});

test('keys that are no text are told apart, and an empty one is a key', (t) => {
  const map = new OffsetMap(1000);
  map.put(bytes(0xff), Offset(1));
  map.put(bytes(0xfe), Offset(2));
  map.put(bytes(), Offset(3));
  t.deepEqual([map.get(bytes(0xff)), map.get(bytes(0xfe)), map.get(bytes())], [1, 2, 3].map(Offset));
});

test('a key takes 24 bytes, as in Kafka, or its own length: when there is no room for another, those that are there may still move on', (t) => {
  const map = new OffsetMap(48);
  t.true(map.put(bytes(1), Offset(1)));
  t.true(map.put(bytes(2), Offset(2)));
  t.false(map.put(bytes(3), Offset(3)));
  t.true(map.put(bytes(1), Offset(4)));
  t.like(map, { size: 2, latestOffset: 4 });
  const long = new OffsetMap(48);
  t.true(long.put(new Uint8Array(1000), Offset(1)), 'the first one always has room');
  t.false(long.put(bytes(2), Offset(2)));
});
