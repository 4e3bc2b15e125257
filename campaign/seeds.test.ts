import test from 'ava';
import { parseDuration, parseSeed, parseSeedRange, parseShard, seedsOf } from './seeds.ts';
import { UsageError } from './usage.ts';

test('ranges and seeds are whole numbers; everything else is refused in one sentence', (t) => {
  t.deepEqual(parseSeedRange('3..9'), { from: 3, to: 9 });
  t.deepEqual(parseSeedRange('0'), { from: 0, to: 0 });
  for (const bad of ['', '..', '3..', '9..3', '-1..4', '1..2..3', '1.5', '9007199254740992']) {
    t.throws(() => parseSeedRange(bad), { instanceOf: UsageError }, bad);
  }
  for (const bad of ['', 'abc', '-1', '1e3', '0x10', '9007199254740992'])
    t.throws(() => parseSeed(bad), { instanceOf: UsageError });
});

test('durations have a unit', (t) => {
  t.deepEqual(['500ms', '90s', '10m', '1h', '1.5m'].map(parseDuration), [500, 90_000, 600_000, 3_600_000, 90_000]);
  for (const bad of ['', '10', '0s', '-1s', '10x', 's']) t.throws(() => parseDuration(bad), { instanceOf: UsageError }, bad);
});

test('the union of the shards is the whole, and no seed is in two', (t) => {
  const range = { from: 5, to: 47 };
  const all = [1, 2, 3].flatMap((index) => [...seedsOf(range, { index, count: 3 })]);
  t.deepEqual(
    all.sort((a, b) => a - b),
    [...seedsOf(range)],
  );
  t.deepEqual([...seedsOf(range, parseShard('0/3'))], [...seedsOf(range, parseShard('3/3'))]);
  for (const bad of ['4/3', '1', '1/0', 'a/b', '1/2/3']) t.throws(() => parseShard(bad), { instanceOf: UsageError }, bad);
});
