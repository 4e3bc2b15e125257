import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import calm from '../scenarios/calm.ts';
import { readBundle, writeBundle } from './bundle.ts';
import { compared } from './compare.ts';
import { lostOutcome, type SeedOutcome } from './outcome.ts';
import { planOf } from './run-scenario.ts';

const PASSED: SeedOutcome = { ...lostOutcome('calm', 1, '', 5), error: null, verdict: 'pass', traceHash: '00000000000000aa' };

function failed(...properties: string[]): SeedOutcome {
  return {
    ...PASSED,
    verdict: 'fail',
    violations: properties.map((property) => ({ property, message: 'it went wrong', atMs: 1 })),
  };
}

function bundleOf(outcome: SeedOutcome) {
  const folder = mkdtempSync(join(tmpdir(), 'trial-test-'));
  writeBundle(folder, 'calm', planOf(calm, 1), outcome);
  return readBundle(folder);
}

test('a bundle that fails as it says needs no word', (t) => {
  t.deepEqual(compared(bundleOf(failed('R6', 'J1')), failed('J1', 'R6')), { sentences: [], isUnsteady: false });
});

test('a failing bundle that passes now says so; under the same code that is not deterministic', (t) => {
  const bundle = bundleOf(failed('R6'));
  const { sentences, isUnsteady } = compared(bundle, PASSED);
  t.true(isUnsteady);
  t.is(sentences[0], 'NOT REPRODUCED: the bundle says a violation of R6, this run came to PASSED.');
  t.regex(sentences[1] ?? '', /are the same: the run is not deterministic/);
});

test('what has changed since the bundle was written is told: versions, platform, code', (t) => {
  const bundle = bundleOf(failed('R6'));
  const node = { ...bundle, made: bundle.made && { ...bundle.made, versions: { ...bundle.made.versions, node: 'v1.2.3' } } };
  t.false(compared(node, PASSED).isUnsteady);
  t.regex(compared(node, PASSED).sentences[1] ?? '', /^Since then it has changed: node from v1\.2\.3 to v/);
  const code = { ...bundle, made: bundle.made && { ...bundle.made, code: 'another' } };
  t.is(
    compared(code, failed('L0')).sentences[0],
    'NOT REPRODUCED: the bundle says a violation of R6, this run came to a violation of L0.',
  );
  t.is(compared(code, PASSED).sentences[1], 'Since then it has changed: the code of Trial or of the scenario.');
  t.regex(compared({ ...bundle, made: null }, PASSED).sentences[1] ?? '', /of which the bundle says nothing/);
});

test('the same violation by another trace is told too', (t) => {
  const { sentences, isUnsteady } = compared(bundleOf(failed('R6')), { ...failed('R6'), traceHash: '00000000000000bb' });
  t.true(isUnsteady);
  t.regex(sentences[0] ?? '', /trace hash 00000000000000aa, this run has 00000000000000bb/);
});

test('a regression that violates another property than its file names, or none, is told so', (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'trial-test-')), 'small.json');
  writeFileSync(file, JSON.stringify({ plan: planOf(calm, 1), property: 'R6', note: 'it went wrong' }));
  const bundle = readBundle(file);
  t.deepEqual(compared(bundle, failed('R6', 'L0')).sentences, []);
  t.deepEqual(compared(bundle, failed('L0')).sentences, [
    'The file was kept because it violated R6: L0 is violated now, and not R6.',
  ]);
  t.deepEqual(compared(bundle, PASSED), {
    sentences: ['The file was kept because it violated R6: R6 holds now.'],
    isUnsteady: false,
  });
});
