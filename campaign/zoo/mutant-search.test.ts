/** Which seeds a mutant is run on, and what is made of them. */
import test from 'ava';
import { type MutantRun, MutantSearch } from './mutant-search.ts';

function run(seed: number, over: Partial<MutantRun> = {}): MutantRun {
  return { seed, detectedBy: [], error: null, ran: 1, differed: 1, cpuMs: 10, ...over };
}

/** Runs all that is asked for; `found` are the seeds that detect the mutant. */
function played(search: MutantSearch, found: readonly number[]): number[] {
  const order: number[] = [];
  for (let seed = search.next(); seed !== null; seed = search.next()) {
    order.push(seed);
    search.took(run(seed, found.includes(seed) ? { detectedBy: ['R1'] } : {}));
  }
  return order;
}

test('starting seeds are followed in turn, each to its first detection, and no seed is run twice', (t) => {
  const search = new MutantSearch({ from: 1, to: 10 }, 2);
  t.deepEqual(played(search, [3, 6]), [1, 6, 2, 3]);
  t.is(search.verdict, 'found');
  t.is(search.detection?.seed, 3);
  t.deepEqual(search.distances, [
    { start: 1, seeds: 3, cpuMs: 30 },
    { start: 6, seeds: 1, cpuMs: 10 },
  ]);
});

test('at the end of the range it goes round, and a run may serve several starting seeds', (t) => {
  const search = new MutantSearch({ from: 1, to: 6 }, 2);
  t.deepEqual(played(search, [2]), [1, 4, 2, 5, 6]);
  t.deepEqual(search.distances, [
    { start: 1, seeds: 2, cpuMs: 20 },
    { start: 4, seeds: 5, cpuMs: 50 },
  ]);
});

test('what is not found is told apart', (t) => {
  const search = new MutantSearch({ from: 1, to: 3 }, 1);
  t.is(search.verdict, 'not run');
  search.took(run(1, { ran: 0, differed: 0 }));
  t.is(search.verdict, 'never reached');
  search.took(run(2, { differed: 0 }));
  t.is(search.verdict, 'same outcome');
  search.took(run(3));
  t.is(search.verdict, 'unseen');
  t.is(search.next(), null);
  t.deepEqual(search.distances, []);
});

test('there are no more starting seeds than seeds', (t) => {
  const search = new MutantSearch({ from: 4, to: 5 }, 5);
  t.deepEqual(played(search, []), [4, 5]);
});
