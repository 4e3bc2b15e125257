/** Where a page opens. */
import test from 'ava';
import type { RunRecord } from '../../record/run-record.ts';
import { openingWindow } from './opening.ts';

function opened(violationsUs: readonly number[], toldUs: readonly number[]) {
  const record = {
    endUs: 90_000_000,
    violations: violationsUs.map((us) => ({ us })),
    story: { told: toldUs.map((us) => ({ us })) },
  } as unknown as RunRecord;
  return openingWindow(record);
}

test('a story of a moment is opened at that moment, with the violations that follow', (t) => {
  const told = [0, ...Array.from({ length: 10 }, (_, index) => 30_000_000 + index * 10_000)];
  const { fromUs, toUs } = opened([30_100_000, 30_200_000], told);
  t.is(fromUs, 30_100_000 - 150_000);
  t.is(toUs, 30_100_000 + 125_000);
});

test('of a story that takes a minute its last seconds are shown', (t) => {
  const { fromUs, toUs } = opened(
    [60_000_000],
    Array.from({ length: 20 }, (_, index) => index * 3_000_000),
  );
  t.is(fromUs, 54_000_000);
  t.is(toUs, 61_500_000);
});

test('a violation without a story is shown with what is about it, and no violation with all of the run', (t) => {
  t.deepEqual(opened([10_000_000], []), { fromUs: 4_000_000, toUs: 11_500_000 });
  t.deepEqual(opened([], []), { fromUs: 0, toUs: 90_000_000 });
});
