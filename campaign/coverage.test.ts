import test from 'ava';
import { coverageText } from '../reports/terminal.ts';
import { scenario } from '../scenarios/scenario.ts';
import { LEGAL_STEPS, stepMark } from '../sim/transaction-steps.ts';
import { COVERAGE_SEEDS_MIN, coverageFails, coverageOf, REACH_SEEDS_MIN, SELDOM_SEEDS_MIN } from './coverage.ts';
import { MARKS } from './marks.ts';
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

function campaign(name: string, seeds: number, of: Partial<Pick<SeedOutcome, 'evaluations' | 'marks' | 'states'>>): Totals {
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

test('a mark that is seldom reached is not asked for before there are ten times as many seeds', (t) => {
  const often = 'quorum/pre-vote-refused';
  const seldom = 'group/sync-of-an-older-generation';
  t.true(MARKS.get(seldom)?.isSeldom);
  const few = coverageOf(campaign('standard', COVERAGE_SEEDS_MIN, {}), SCENARIOS);
  t.true(few.unreachedMarks.includes(often));
  t.false(few.unreachedMarks.includes(seldom));
  const many = coverageOf(campaign('standard', SELDOM_SEEDS_MIN, {}), SCENARIOS);
  t.true(many.unreachedMarks.includes(seldom));
});

test('marks and states are told with the seeds that reached them, and what is unseen', (t) => {
  const totals = campaign('mine', 9, {
    marks: { 'quorum/tenth-epoch': 3, [stepMark('Empty -> Dead')]: 1 },
    states: ['data leader newest all - none'],
  });
  const other = { marks: {}, states: ['data leader newest all - none', 'data leader newest some - crash'] };
  totals.add({ ...lostOutcome('mine', 10, '', 1), verdict: 'pass', error: null, ...other });
  const coverage = coverageOf(totals, SCENARIOS);
  t.deepEqual(
    coverage.marks.find(({ name }) => name === 'quorum/tenth-epoch'),
    { name: 'quorum/tenth-epoch', reached: 27, runs: 9 },
  );
  t.deepEqual(coverage.states, [
    { name: 'data leader newest all - none', runs: 10 },
    { name: 'data leader newest some - crash', runs: 1 },
  ]);
  const text = coverageText(coverage);
  t.regex(text, / {9}9 +27 {2}quorum\/tenth-epoch\n/);
  t.regex(text, / {8}10 {2}data leader newest all - none\n {9}1 {2}data leader newest some - crash\n/);
  t.regex(text, /marks: 1 seen in 10 seeds, 0 of them in one alone\. The next seed shows 0\.000 new ones/);
  t.regex(
    text,
    /states: 2 seen in 10 seeds, 1 of them in one alone\. The next seed shows 0\.10 new ones on average, and any at all with a chance of 10 %/,
  );
});
