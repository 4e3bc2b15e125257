import test from 'ava';
import { coverageOf } from '../campaign/coverage.ts';
import { lostOutcome, type SeedOutcome } from '../campaign/outcome.ts';
import { Totals } from '../campaign/totals.ts';
import { timelineSection } from './html-timeline.ts';

const passed: SeedOutcome = { ...lostOutcome('standard', 1, '', 9), error: null, verdict: 'pass', endedAtMs: 1_000 };
const failed: SeedOutcome = {
  ...passed,
  seed: 2,
  endedAtMs: 4_000,
  verdict: 'fail',
  violations: [{ property: 'J1', message: '<b> was lost', atMs: 1, facts: {}, roles: '<i> a leader' }],
  marks: { 'quorum/tenth-epoch': 1 },
};

function section(...outcomes: SeedOutcome[]): string {
  const totals = new Totals();
  for (const outcome of outcomes) totals.add(outcome);
  return timelineSection(totals.timeline, coverageOf(totals));
}

test('seeds, failures, marks and states over time, as lines and as numbers', (t) => {
  const html = section(passed, failed);
  for (const line of [
    'Seeds finished: <b>2</b>',
    'Seeds that failed: <b>1</b>',
    'marks reached: <b>1</b>',
    'No state was told of.',
  ])
    t.true(html.includes(line), line);
  t.true(html.includes('>✕<title>J1 &lt;i&gt; a leader, first after 4.0 s</title>'));
  t.true(html.includes('<tr><td>4.0 s</td><td class="number">2</td><td class="number">1</td>'));
  // Halfway one seed had ended: the line is in the middle there.
  const [, points = ''] = /class="stroke" d="M([^"]+)"/.exec(html) ?? [];
  const places = points.split(' L').map((point) => point.split(',').map(Number));
  const [[, bottom], , , [, top]] = [places[0], 0, 0, places.at(-1)] as unknown as [number[], 0, 0, number[]];
  t.deepEqual(places[60]?.[1], ((bottom as number) + (top as number)) / 2);
});

test('a campaign in which nothing failed says so; results that do not say when they came have no section', (t) => {
  t.true(section(passed).includes('No seed failed.'));
  t.is(section({ ...passed, endedAtMs: undefined }), '');
});
