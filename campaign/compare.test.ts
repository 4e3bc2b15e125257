import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import calm from '../scenarios/calm.ts';
import type { ReplayReport } from '../world/chance.ts';
import { readBundle, writeBundle } from './bundle.ts';
import { compared } from './compare.ts';
import { lostOutcome, type SeedOutcome } from './outcome.ts';
import { planOf } from './run-scenario.ts';

const PASSED: SeedOutcome = { ...lostOutcome('calm', 1, '', 5), error: null, verdict: 'pass', traceHash: '00000000000000aa' };

/** By another way, as one that came to something else has gone. */
const passed: SeedOutcome = { ...PASSED, traceHash: '00000000000000bb' };

function failed(...properties: string[]): SeedOutcome {
  return {
    ...PASSED,
    verdict: 'fail',
    violations: properties.map((property) => ({ property, message: 'it went wrong', atMs: 1 })),
  };
}

const FITS: ReplayReport = { outcome: 'exact', divergence: null, unused: 0 };
const MISFIT: ReplayReport = {
  outcome: 'diverged',
  divergence: { stream: 'network/b1-b2', ordinal: 17, expected: 'latency', got: 'connect' },
  unused: 3,
};
/** The same failure by another way. */
const ANOTHER_WAY = '00000000000000bb';

function bundleOf(outcome: SeedOutcome) {
  const folder = mkdtempSync(join(tmpdir(), 'trial-test-'));
  writeBundle(folder, 'calm', planOf(calm, 1), outcome);
  return readBundle(folder);
}

test('a run with the same trace is exact', (t) => {
  t.deepEqual(compared(bundleOf(failed('R6', 'J1')), failed('R6', 'J1'), FITS), {
    verdict: 'exact',
    sentences: ['Replay: exact (trace hash 00000000000000aa).'],
    isUnsteady: false,
  });
});

test('a failing bundle that passes now says so; under the same code that is not deterministic', (t) => {
  const bundle = bundleOf(failed('R6'));
  const { verdict, sentences, isUnsteady } = compared(bundle, passed, FITS);
  t.is(verdict, 'gone');
  t.true(isUnsteady);
  t.is(sentences[0], 'NOT REPRODUCED: the bundle says a violation of R6, this run came to PASSED.');
  t.regex(sentences[1] ?? '', /are the same: the run is not deterministic/);
});

test('what has changed since the bundle was written is told: versions, platform, code', (t) => {
  const bundle = bundleOf(failed('R6'));
  const node = { ...bundle, made: bundle.made && { ...bundle.made, versions: { ...bundle.made.versions, node: 'v1.2.3' } } };
  t.false(compared(node, passed, FITS).isUnsteady);
  t.regex(compared(node, passed, FITS).sentences[1] ?? '', /^Since then it has changed: node from v1\.2\.3 to v/);
  const code = { ...bundle, made: bundle.made && { ...bundle.made, code: 'another' } };
  t.is(
    compared(code, { ...failed('L0'), traceHash: ANOTHER_WAY }, FITS).sentences[0],
    'NOT REPRODUCED: the bundle says a violation of R6, this run came to a violation of L0.',
  );
  t.is(compared(code, passed, FITS).sentences[1], 'Since then it has changed: the code of Trial or of the scenario.');
  t.regex(compared({ ...bundle, made: null }, passed, FITS).sentences[1] ?? '', /of which the bundle says nothing/);
});

test('the same failure by another trace is equivalent, and told with where the two part', (t) => {
  const again = { ...failed('R6'), traceHash: ANOTHER_WAY };
  const { verdict, sentences, isUnsteady } = compared(bundleOf(failed('R6')), again, FITS);
  t.is(verdict, 'equivalent');
  t.true(isUnsteady);
  const both = 'Replay: equivalent: the same failure by another way (trace hash 00000000000000aa then, 00000000000000bb now';
  t.is(sentences[0], `${both}).`);
  t.is(
    compared(bundleOf(failed('R6')), again, MISFIT).sentences[0],
    `${both}; they part at decision 17 of network/b1-b2 (expected "latency", got "connect")).`,
  );
});

test('another failure is not equivalent, though it is of the same property', (t) => {
  const violation = { property: 'R6', message: 'it went wrong', atMs: 1 };
  const of = (roles: string): SeedOutcome => ({ ...passed, verdict: 'fail', violations: [{ ...violation, roles }] });
  const bundle = bundleOf({ ...of('the leader'), traceHash: '00000000000000aa' });
  t.is(compared(bundle, of('the leader'), FITS).verdict, 'equivalent');
  t.is(compared(bundle, of('a follower'), FITS).verdict, 'gone');
});

test('decisions of another tree: where they stop fitting is told, but not of a run that is only longer or shorter', (t) => {
  const bundle = bundleOf(failed('R6'));
  const { verdict, sentences } = compared(bundle, passed, MISFIT);
  t.is(verdict, 'diverged');
  t.is(
    sentences[0],
    'Replay: diverged at decision 17 of network/b1-b2 (expected "latency", got "connect"): the decisions are of another tree, and this run is another one.',
  );
  const divergence = { stream: 'disk/b1', ordinal: 2, expected: 'sync', got: 'sync', limit: 500 };
  t.regex(
    compared(bundle, passed, { ...MISFIT, divergence }).sentences[0] ?? '',
    /at decision 2 of disk\/b1 \(expected "sync", got "sync" of values below 500\)/,
  );
  for (const open of [{ expected: null }, { got: null }]) {
    const report: ReplayReport = { ...MISFIT, divergence: { stream: 'a', ordinal: 1, expected: 'x', got: 'y', ...open } };
    t.is(compared(bundle, passed, report).verdict, 'gone');
  }
});

function kept(json: object) {
  const file = join(mkdtempSync(join(tmpdir(), 'trial-test-')), 'small.json');
  writeFileSync(file, JSON.stringify({ plan: planOf(calm, 1), property: 'R6', note: 'it went wrong', ...json }));
  return readBundle(file);
}

test('a regression that violates another property than its file names, or none, is told so', (t) => {
  const bundle = kept({});
  t.deepEqual(compared(bundle, failed('R6', 'L0'), FITS).sentences, []);
  t.deepEqual(compared(bundle, failed('L0'), FITS).sentences, [
    'The file was kept because it violated R6: L0 is violated now, and not R6.',
  ]);
  t.deepEqual(compared(bundle, PASSED, FITS), {
    verdict: 'gone',
    sentences: ['The file was kept because it violated R6: R6 holds now.'],
    isUnsteady: false,
  });
});

test('a regression with its trace hash and fingerprint is exact, equivalent or violated in another way', (t) => {
  const fingerprint = 'R6 it went wrong';
  const bundle = kept({ fingerprint, traceHash: '00000000000000aa' });
  t.is(compared(bundle, failed('R6'), FITS).verdict, 'exact');
  t.is(compared(bundle, { ...failed('R6'), traceHash: ANOTHER_WAY }, FITS).verdict, 'equivalent');
  t.deepEqual(compared(kept({ fingerprint: 'R6 otherwise' }), failed('R6'), FITS).sentences, [
    'The file was kept because it violated R6: R6 is violated now in another way.',
  ]);
  t.is(compared(bundle, passed, MISFIT).verdict, 'diverged');
});
