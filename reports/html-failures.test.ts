import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Failure } from '../campaign/campaign.ts';
import type { Told } from '../campaign/explain/story.ts';
import { lostOutcome } from '../campaign/outcome.ts';
import { failureSection } from './html-failures.ts';

const bundle = mkdtempSync(join(tmpdir(), 'trial-failures-'));

function failure(seed: number, atMs: number): Failure {
  const violations = [{ property: 'J1', message: 'a record was lost', atMs, facts: {}, roles: 'a leader' }];
  return {
    scenario: 'standard',
    bundle,
    outcome: { ...lostOutcome('standard', seed, '', 9), verdict: 'fail', violations, error: null },
  };
}

function told(timeUs: number, sentence: string): Told {
  return { sentence, line: { timeUs, step: 1, node: 'b1', incarnation: 0, what: { type: 'note', text: '' } } };
}

test('a kind of failure has its count, its first seed, what makes it one, and the story of the seed that came to it first', (t) => {
  const story = [1, 2, 3, 4, 5, 6, 7].map((second) => told(second * 1_000_000, `<sentence ${second}>`));
  const html = failureSection([failure(7, 900), failure(3, 950)], bundle, new Map([[bundle, story]]));
  t.true(html.includes('2 seeds, the first is 3 of standard'));
  t.true(html.includes('Fingerprint <code>J1 a leader</code>. Told is seed 7, which comes to it first in its run.'));
  t.true(html.includes('<summary>how it came to that: 1 sentence before these</summary>'));
  t.true(html.includes('<time>2.000000 s</time> &lt;sentence 2&gt;'));
  t.false(html.includes('href="/page.html#'));
  writeFileSync(join(bundle, 'page.html'), '');
  t.true(
    failureSection([failure(7, 900)], join(bundle, '..'), new Map([[bundle, story]])).includes('/page.html#2.000000"><time>'),
  );
});

test('a failure that nobody has told of has no story', (t) => {
  const html = failureSection([failure(7, 900)], bundle, new Map());
  t.true(html.includes('seed 7 of standard'));
  t.false(html.includes('<time>'));
});
