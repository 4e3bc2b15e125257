import test from 'ava';
import { coverageText } from '../reports/terminal.ts';
import { COVERAGE_SEEDS_MIN, coverageFails, coverageOf } from './coverage.ts';
import { kindOfExcuse } from './excuse-bounds.ts';
import { lostOutcome } from './outcome.ts';
import { Totals } from './totals.ts';

function campaign(excused: number): Totals {
  const totals = new Totals();
  for (let seed = 1; seed <= COVERAGE_SEEDS_MIN; seed++) {
    const excuses: Record<string, string> =
      seed <= excused ? { N4: `orders-${seed} is left out: broker ${seed % 3} lost power` } : {};
    totals.add({ ...lostOutcome('standard', seed, '', 1), verdict: 'pass', error: null, excuses });
  }
  return totals;
}

test('a property that is excused in more runs than its bound fails the coverage check, and says why', (t) => {
  const within = coverageOf(campaign(COVERAGE_SEEDS_MIN * 0.03));
  t.deepEqual(within.overExcused, []);
  const beyond = coverageOf(campaign(COVERAGE_SEEDS_MIN * 0.03 + 1));
  t.deepEqual(
    beyond.overExcused.map(({ id, excused }) => [id, excused]),
    [['N4', 31]],
  );
  t.true(coverageFails({ ...beyond, vacuousProperties: [], unreachedMarks: [], untakenPaths: [], untakenSteps: [] }));
  t.false(coverageFails({ ...within, vacuousProperties: [], unreachedMarks: [], untakenPaths: [], untakenSteps: [] }));
  const text = coverageText(beyond);
  t.regex(text, /N4 was not promised in 31 of 1,000 standard runs, more than 3 %/);
  t.regex(text, /31 x \.\.\. is left out: broker \.\.\. lost power/);
});

test('excuses of other scenarios count for no bound', (t) => {
  const totals = campaign(30);
  const excuses = { N4: 'broker 1 lost power' };
  totals.add({ ...lostOutcome('power-loss', 1, '', 1), verdict: 'pass', error: null, excuses });
  t.deepEqual(coverageOf(totals).overExcused, []);
});

test('excuses are told apart by what they say, not by names and numbers', (t) => {
  t.is(
    kindOfExcuse('orders-0 is left out: broker 1 lost power, and then every member had'),
    '... is left out: broker ... lost power',
  );
  t.is(kindOfExcuse('a process was killed'), 'a process was killed');
});
