import test from 'ava';
import { coverageText } from '../reports/terminal.ts';
import { scenario } from '../scenarios/scenario.ts';
import { LEGAL_STEPS, stepMark } from '../sim/transaction-steps.ts';
import { COVERAGE_SEEDS_MIN, coverageFails, coverageOf, REACH_SEEDS_MIN } from './coverage.ts';
import { lostOutcome, type SeedOutcome } from './outcome.ts';
import { Totals } from './totals.ts';

const mine = scenario({
  name: 'mine',
  about: 'is there for something',
  cluster: { brokers: 1, controllers: 1 },
  topics: [],
  clients: [],
  chaosMs: 0,
  faults: 'none',
  checks: [{ properties: [{ id: 'OWN', title: 'holds' }], create: () => ({}) }],
  reaches: { properties: ['J1'], steps: ['Ongoing -> PrepareCommit', 'PrepareCommit -> CompleteCommit'] },
});
const SCENARIOS = new Map([['mine', mine]]);

function campaign(name: string, seeds: number, of: Partial<Pick<SeedOutcome, 'evaluations' | 'marks'>>): Totals {
  const totals = new Totals();
  for (let seed = 1; seed <= seeds; seed++)
    totals.add({ ...lostOutcome(name, seed, '', 1), verdict: 'pass', error: null, ...of });
  return totals;
}

const ALL = {
  evaluations: { J1: 1, OWN: 2 },
  marks: { [stepMark('Ongoing -> PrepareCommit')]: 1, [stepMark('PrepareCommit -> CompleteCommit')]: 1 },
};

test('a scenario that never reaches what it is there for fails the coverage check, from enough seeds on', (t) => {
  t.deepEqual(coverageOf(campaign('mine', REACH_SEEDS_MIN, ALL), SCENARIOS).unreached, []);
  const some = { evaluations: { J1: 1 }, marks: { [stepMark('Ongoing -> PrepareCommit')]: 1 } };
  const missed = coverageOf(campaign('mine', REACH_SEEDS_MIN, some), SCENARIOS);
  t.deepEqual(missed.unreached, [
    { scenario: 'mine', seeds: REACH_SEEDS_MIN, properties: ['OWN'], steps: ['PrepareCommit -> CompleteCommit'] },
  ]);
  t.true(coverageFails(missed));
  const text = coverageText(missed);
  t.regex(text, /property OWN, which it is there for, was never put to the test/);
  t.regex(text, /no transactional id ever went PrepareCommit -> CompleteCommit, which it is there for/);
  const few = coverageOf(campaign('mine', REACH_SEEDS_MIN - 1, some), SCENARIOS);
  t.false(coverageFails(few));
  t.regex(coverageText(few), /Not yet covered \(it counts from 100 seeds on\), of mine in 99 seeds:/);
});

test('what other scenarios reach is not what this one reaches', (t) => {
  const totals = campaign('mine', REACH_SEEDS_MIN, { marks: ALL.marks });
  totals.add({ ...lostOutcome('other', 1, '', 1), verdict: 'pass', error: null, evaluations: ALL.evaluations });
  t.deepEqual(coverageOf(totals, SCENARIOS).unreached[0]?.properties, ['OWN', 'J1']);
});

test('the steps of transaction coordinators are a table; what is legal and was never made fails the check', (t) => {
  const marks = Object.fromEntries(LEGAL_STEPS.map((step) => [stepMark(step), 1]));
  const others = { vacuousProperties: [], unreachedMarks: [], untakenPaths: [] };
  const all = coverageOf(campaign('standard', COVERAGE_SEEDS_MIN, { marks }), SCENARIOS);
  t.false(coverageFails({ ...all, ...others }));
  delete marks[stepMark('Empty -> Dead')];
  const without = coverageOf(campaign('standard', COVERAGE_SEEDS_MIN, { marks }), SCENARIOS);
  t.true(coverageFails({ ...without, ...others }));
  const text = coverageText(without);
  t.regex(text, /no transactional id ever went Empty -> Dead/);
  t.regex(text, /Empty +1,000 +1,000 +\. +1,000 +\. +\. +0 +\.\n/, 'what is not legal has no figure');
  t.false(without.marks.some(({ name }) => name.startsWith('transaction: ')));
});
