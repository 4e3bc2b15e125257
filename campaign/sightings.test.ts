import test from 'ava';
import { Sightings } from './sightings.ts';

test('what was seen in one run alone says what the next run will be the first to see', (t) => {
  const sightings = new Sightings();
  sightings.add('standard 1', ['a', 'b', 'c']);
  sightings.add('standard 2', ['a', 'b', 'd', 'e']);
  sightings.add('standard 3', ['a']);
  sightings.add('standard 4', []);
  t.deepEqual(Object.fromEntries(sightings.runsByName), { a: 3, b: 2, c: 1, d: 1, e: 1 });
  // c, d and e, of four runs; they are of two runs.
  t.deepEqual(sightings.unseen, { runs: 4, seen: 5, once: 3, expectedNew: 0.75, chanceOfNew: 0.5 });
});

test('the order of runs does not matter', (t) => {
  const runs = [
    ['standard 1', ['a']],
    ['standard 2', ['a', 'b']],
    ['calm 2', ['b', 'c']],
  ] as const;
  const [there, back] = [runs, runs.toReversed()].map((list) => {
    const sightings = new Sightings();
    for (const [run, names] of list) sightings.add(run, names);
    return sightings.unseen;
  });
  t.deepEqual(there, back);
  t.is(there?.once, 1);
});

test('of no runs nothing is known', (t) => {
  t.deepEqual(new Sightings().unseen, { runs: 0, seen: 0, once: 0, expectedNew: Number.POSITIVE_INFINITY, chanceOfNew: 1 });
});
