import test from 'ava';
import { lostOutcome, type SeedOutcome } from './outcome.ts';
import { Timeline } from './timeline.ts';

const passed: SeedOutcome = { ...lostOutcome('standard', 1, '', 9), error: null, verdict: 'pass' };

function seed(endedAtMs: number, marks: readonly string[], property?: string): SeedOutcome {
  return {
    ...passed,
    endedAtMs,
    marks: Object.fromEntries(marks.map((name) => [name, 1])),
    states: marks.map((name) => `state of ${name}`),
    ...(property === undefined
      ? {}
      : { verdict: 'fail', violations: [{ property, message: 'it was lost', atMs: 1, facts: {}, roles: 'a leader' }] }),
  };
}

const SEEDS = [seed(100, ['a']), seed(200, ['a', 'b'], 'J1'), seed(300, ['b'], 'J1'), seed(400, ['c'], 'R2')];

test('sums up to each moment, of what was new with the seed that ended first', (t) => {
  for (const seeds of [SEEDS, SEEDS.toReversed()]) {
    const timeline = new Timeline();
    for (const outcome of seeds) timeline.add(outcome);
    t.deepEqual(timeline.moments(5), [
      { atMs: 0, seeds: 0, failures: 0, kinds: 0, marks: 0, states: 0 },
      { atMs: 100, seeds: 1, failures: 0, kinds: 0, marks: 1, states: 1 },
      { atMs: 200, seeds: 2, failures: 1, kinds: 1, marks: 2, states: 2 },
      { atMs: 300, seeds: 3, failures: 2, kinds: 1, marks: 2, states: 2 },
      { atMs: 400, seeds: 4, failures: 3, kinds: 2, marks: 3, states: 3 },
    ]);
    t.deepEqual(
      timeline.kinds.map(({ atMs, failures }) => [atMs, failures]),
      [
        [200, 1],
        [400, 3],
      ],
    );
  }
});

test('outcomes that do not say when they came have no line', (t) => {
  const timeline = new Timeline();
  timeline.add(passed);
  t.deepEqual(timeline.moments(5), []);
});
